import { selectorOf, type LabelSelector, type Labels, type Selector } from '#apimachinery';

const compiled = new WeakMap<LabelSelector, Selector>();

/** The selector, compiled once for each selector object: an absent one selects nothing, an empty one everything. */
export function compiledSelector(selector: LabelSelector | undefined): Selector {
  if (!selector) return selectorOf(selector);
  let found = compiled.get(selector);
  if (!found) compiled.set(selector, (found = selectorOf(selector)));
  return found;
}

export function selects(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  return compiledSelector(selector).matches(labels);
}

/** Whether all pairs of `wanted` are among the labels; an absent or empty map wants nothing. */
export function hasLabels(labels: Labels | undefined, wanted: Labels | undefined): boolean {
  for (const key in wanted) if (labels?.[key] !== wanted[key]) return false;
  return true;
}
