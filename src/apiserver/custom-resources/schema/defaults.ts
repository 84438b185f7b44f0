import { clone } from '#apimachinery';
import { additionalOf, isJson, itemsOf, put, type Json, type Schema } from './schema.ts';

/** Fills in, in place, what is absent in a value. */
export type FillIn = (value: unknown) => void;

/** Compiles the defaults of a schema; undefined when there are none, so that nobody has to walk the object. */
export function compileDefaults(schema: Schema): FillIn | undefined {
  const steps = [...fieldSteps(schema), ...freeFieldSteps(schema), ...itemSteps(schema)];
  if (steps.length === 0) return undefined;
  return (value) => {
    for (const step of steps) step(value);
  };
}

function fieldSteps({ properties = {} }: Schema): FillIn[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const inner = compileDefaults(schema);
    const wanted = schema.default;
    if (wanted === undefined) return inner === undefined ? [] : [(value) => isJson(value) && inner(value[name])];
    return [
      (value) => {
        if (!isJson(value)) return;
        if (isAbsent(value, name, schema)) put(value, name, clone(wanted));
        inner?.(value[name]);
      },
    ];
  });
}

function isAbsent(value: Json, name: string, { nullable }: Schema): boolean {
  return !Object.hasOwn(value, name) || value[name] === undefined || (value[name] === null && nullable !== true);
}

function freeFieldSteps(schema: Schema): FillIn[] {
  const free = additionalOf(schema);
  const inner = free === undefined ? undefined : compileDefaults(free);
  if (inner === undefined) return [];
  return [
    (value) => {
      if (isJson(value)) for (const name of Object.keys(value)) inner(value[name]);
    },
  ];
}

function itemSteps(schema: Schema): FillIn[] {
  const items = itemsOf(schema);
  const inner = items === undefined ? undefined : compileDefaults(items);
  if (inner === undefined) return [];
  return [(value) => Array.isArray(value) && value.forEach(inner)];
}
