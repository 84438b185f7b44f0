import type { Container, Pod } from '#api/generated/core-v1.ts';
import { parseQuantity } from '#apimachinery';

/** Amounts by resource: cpu in thousandths of a core, everything else in whole units. */
export type Amounts = Record<string, number>;

/** What a container that asks for nothing is taken to need, so that such pods are spread, too. */
const DEFAULT_CPU = 100;
const DEFAULT_MEMORY = 200 * 1024 * 1024;

const parsed = new Map<string, number>();

/** A quantity as a number: cpu in thousandths. Texts repeat, so results are remembered. */
export function amountOf(resource: string, text: string): number {
  const key = resource === 'cpu' ? `m${text}` : text;
  let amount = parsed.get(key);
  if (amount === undefined) {
    const quantity = parseQuantity(text);
    amount = resource === 'cpu' ? quantity.milliValue() : quantity.value();
    if (parsed.size > 10_000) parsed.clear();
    parsed.set(key, amount);
  }
  return amount;
}

export function amountsOf(list: Readonly<Record<string, string>> | undefined): Amounts {
  const amounts: Amounts = {};
  for (const resource in list) amounts[resource] = amountOf(resource, list[resource] as string);
  return amounts;
}

export interface PodRequests {
  /** What the pod asks for; `pods` is not in it. */
  exact: Amounts;
  /** CPU and memory with a guess for containers that name none: what scores go by. */
  guessedCpu: number;
  guessedMemory: number;
}

/** What a pod needs at the busiest moment of its life. */
export function podRequests({ spec }: Pod): PodRequests {
  const requests = busiest(spec, (container) => amountsOf(container.resources.requests));
  const guessed = busiest(spec, (container) => withGuesses(amountsOf(container.resources.requests)));
  const podLevel = amountsOf(spec.resources?.requests);
  const overhead = amountsOf(spec.overhead);
  for (const amounts of [requests, guessed]) {
    Object.assign(amounts, podLevel);
    add(amounts, overhead);
  }
  return { exact: requests, guessedCpu: guessed['cpu'] ?? 0, guessedMemory: guessed['memory'] ?? 0 };
}

function withGuesses(amounts: Amounts): Amounts {
  return { cpu: DEFAULT_CPU, memory: DEFAULT_MEMORY, ...amounts };
}

/** Sidecars run beside everything that starts after them; other init containers run one at a time before the rest. */
function busiest(spec: Pod['spec'], of: (container: Container) => Amounts): Amounts {
  const total: Amounts = {};
  for (const container of spec.containers) add(total, of(container));
  if (spec.initContainers === undefined) return total;
  const sidecars: Amounts = {};
  const peak: Amounts = {};
  for (const container of spec.initContainers) {
    const own = of(container);
    if (container.restartPolicy === 'Always') {
      add(sidecars, own);
      max(peak, sidecars);
    } else {
      const during = { ...own };
      add(during, sidecars);
      max(peak, during);
    }
  }
  add(total, sidecars);
  max(total, peak);
  return total;
}

export function add(target: Amounts, amounts: Amounts): void {
  for (const resource in amounts) target[resource] = (target[resource] ?? 0) + (amounts[resource] as number);
}

export function subtract(target: Amounts, amounts: Amounts): void {
  for (const resource in amounts) target[resource] = (target[resource] ?? 0) - (amounts[resource] as number);
}

function max(target: Amounts, amounts: Amounts): void {
  for (const resource in amounts) target[resource] = Math.max(target[resource] ?? 0, amounts[resource] as number);
}
