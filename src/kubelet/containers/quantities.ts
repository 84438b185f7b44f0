import { parseQuantity } from '#apimachinery';

/** Whole units, rounded up. */
export function quantityValue(quantity: string): number {
  return parseQuantity(quantity).value();
}

/** Thousandths, rounded up: `0.5` and `500m` are 500. */
export function milliValue(quantity: string): number {
  return parseQuantity(quantity).milliValue();
}
