import { ownField, setField } from '../own-field.ts';
import { untypedSchema, type ListSchema, type Schema } from '../patch/schema.ts';
import { formOf, isHollow, isMap, itemElement, schemaOfField, type Json } from './list-items.ts';

/** The live object with all that the applied configuration says. Neither is changed; the result shares parts with both. */
export function mergeApplied(live: unknown, applied: unknown, schema: Schema): unknown {
  if (applied === undefined) return live;
  if (live === undefined || (isHollow(live) && isHollow(applied))) return applied;
  const form = formOf(schema, applied);
  if (form === 'leaf') return applied;
  if (applied === null) return live;
  if (form === 'map') return isMap(live) ? mergeFields(live, applied as Json, schema) : applied;
  return Array.isArray(live) ? mergeItems(live, applied as unknown[], schema as ListSchema) : applied;
}

function mergeFields(live: Json, applied: Json, schema: Schema): Json {
  const result: Json = { ...live };
  for (const field of Object.keys(applied)) {
    setField(result, field, mergeApplied(ownField(live, field), applied[field], schemaOfField(schema, field) ?? untypedSchema));
  }
  return result;
}

/**
 * Items that both have stand in the applied order; those that only the live list has keep their place between them, and
 * new ones come where the configuration puts them.
 */
function mergeItems(live: readonly unknown[], applied: readonly unknown[], schema: ListSchema): unknown[] {
  const liveElements = live.map((item) => itemElement(schema, item));
  const appliedElements = applied.map((item) => itemElement(schema, item));
  const liveItems = new Map(liveElements.map((element, index) => [element, live[index]]));
  const wanted = new Set(appliedElements);
  const shared = appliedElements.filter((element) => liveItems.has(element));
  const result: unknown[] = [];
  let nextShared = 0;
  let mine = 0;
  const takeApplied = (): void => {
    const element = appliedElements[mine]!;
    result.push(mergeApplied(liveItems.get(element), applied[mine], schema.element));
    if (shared[nextShared] === element) nextShared++;
    mine++;
  };
  for (let index = 0; index < live.length;) {
    const element = liveElements[index]!;
    if (!wanted.has(element)) result.push(live[index++]);
    else if (mine >= applied.length || element !== shared[nextShared]) index++;
    else {
      if (element === appliedElements[mine]) index++;
      takeApplied();
    }
  }
  while (mine < applied.length) takeApplied();
  return result;
}
