import { isQuantity, parseQuantity, type Quantity, type QuantityString } from '#apimachinery';

/** Amounts by resource: `{ cpu: '500m', memory: '64Mi' }`. */
export type ResourceList = Record<string, QuantityString>;

/** The parsed quantity; undefined for what is absent or no quantity (which validation reports). */
export function quantityOf(text: QuantityString | undefined): Quantity | undefined {
  return isQuantity(text) ? parseQuantity(text) : undefined;
}

/** Adds the amounts to those in `total`, which is changed. */
export function addResources(total: Map<string, Quantity>, list: ResourceList | undefined): void {
  for (const name in list) {
    const quantity = quantityOf(list[name]);
    if (quantity === undefined) continue;
    const before = total.get(name);
    total.set(name, before === undefined ? quantity : before.add(quantity));
  }
}
