import type { Environment } from '@marcbachmann/cel-js';
import { isQuantity, parseQuantity, Quantity } from '#apimachinery';

const NANO = 1_000_000_000n;

const asQuantity = (value: Quantity | bigint): Quantity => (typeof value === 'bigint' ? Quantity.ofNano(value * NANO) : value);
const add = (a: Quantity, b: Quantity | bigint): Quantity => Quantity.ofNano(a.nanoValue() + asQuantity(b).nanoValue(), a.format);
const subtract = (a: Quantity, b: Quantity | bigint): Quantity => Quantity.ofNano(a.nanoValue() - asQuantity(b).nanoValue(), a.format);
const compare = (a: Quantity, b: Quantity): number => {
  const difference = a.nanoValue() - b.nanoValue();
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};

function asInteger(quantity: Quantity): bigint {
  if (quantity.nanoValue() % NANO !== 0n) throw new Error('cannot convert value to integer');
  return quantity.nanoValue() / NANO;
}

/** Kubernetes' quantities: `quantity("1.5Gi")`. */
export function registerQuantities(environment: Environment): void {
  environment
    .registerType('kubernetes.Quantity', Quantity as unknown as new () => Quantity)
    .registerFunction('quantity(string): kubernetes.Quantity', (text: string) => parseQuantity(text))
    .registerFunction('isQuantity(string): bool', isQuantity)
    .registerFunction('kubernetes.Quantity.isInteger(): bool', (quantity: Quantity) => quantity.nanoValue() % NANO === 0n)
    .registerFunction('kubernetes.Quantity.asInteger(): int', asInteger)
    .registerFunction('kubernetes.Quantity.asApproximateFloat(): double', (quantity: Quantity) => Number(quantity.nanoValue()) / 1e9)
    .registerFunction('kubernetes.Quantity.sign(): int', (quantity: Quantity) => BigInt(quantity.sign()))
    .registerFunction('kubernetes.Quantity.add(kubernetes.Quantity): kubernetes.Quantity', add)
    .registerFunction('kubernetes.Quantity.add(int): kubernetes.Quantity', add)
    .registerFunction('kubernetes.Quantity.sub(kubernetes.Quantity): kubernetes.Quantity', subtract)
    .registerFunction('kubernetes.Quantity.sub(int): kubernetes.Quantity', subtract)
    .registerFunction('kubernetes.Quantity.compareTo(kubernetes.Quantity): int', (a: Quantity, b: Quantity) => BigInt(compare(a, b)))
    .registerFunction('kubernetes.Quantity.isLessThan(kubernetes.Quantity): bool', (a: Quantity, b: Quantity) => compare(a, b) < 0)
    .registerFunction('kubernetes.Quantity.isGreaterThan(kubernetes.Quantity): bool', (a: Quantity, b: Quantity) => compare(a, b) > 0)
    .registerOperator('kubernetes.Quantity == kubernetes.Quantity', (a: Quantity, b: Quantity) => compare(a, b) === 0);
}
