import { decodeMetadata } from '#api';
import { clone } from '#apimachinery';
import { additionalOf, fieldPath, isJson, itemsOf, keepsUnknown, put, type Json, type Schema } from './schema.ts';

/** Told of each unknown field, by its path. */
export type Report = (path: string) => void;

/** Makes a copy of a value with only the fields that the schema knows. `path` matters only where there is a report. */
export type Prune = (value: unknown, path: string, report: Report | undefined) => unknown;

const keep: Prune = clone;

/** Compiles the pruning of a resource's objects. `metadata` is left to the caller. */
export function compilePruning(schema: Schema): Prune {
  const root = pruneObject(schema, true);
  return (value, path, report) => (isJson(value) ? root(value, path, report) : clone(value));
}

function compile(schema: Schema): Prune {
  const items = itemsOf(schema);
  const list = items === undefined ? undefined : pruneList(compile(items));
  const object = pruneObject(schema, schema['x-kubernetes-embedded-resource'] === true);
  return (value, path, report) => {
    if (Array.isArray(value)) return list === undefined ? clone(value) : list(value, path, report);
    return isJson(value) ? object(value, path, report) : value;
  };
}

function pruneList(item: Prune): Prune {
  return (value, path, report) => (value as unknown[]).map((each, i) => item(each, report === undefined ? '' : `${path}[${i}]`, report));
}

function pruneObject(schema: Schema, isResource: boolean): Prune {
  const properties = new Map(Object.entries(schema.properties ?? {}).map(([name, child]) => [name, field(child)]));
  if (isResource) for (const name of ['apiVersion', 'kind', 'metadata']) properties.set(name, keep);
  if (schema['x-kubernetes-embedded-resource'] === true) properties.set('metadata', embeddedMetadata);
  const free = additionalOf(schema);
  const others = free === undefined ? (keepsUnknown(schema) ? keep : undefined) : field(free);
  return (value, path, report) => {
    const source = value as Json;
    const result: Json = {};
    for (const name of Object.keys(source)) {
      const at = report === undefined ? '' : fieldPath(path, name);
      const prune = properties.get(name) ?? others;
      if (prune === undefined) report?.(at);
      else {
        const child = prune(source[name], at, report);
        if (child !== undefined) put(result, name, child);
      }
    }
    return result;
  };
}

/** A null where none may be is as good as absent: a default may take its place. */
function field(schema: Schema): Prune {
  const prune = compile(schema);
  if (schema.nullable === true || schema.type === undefined) return prune;
  return (value, path, report) => (value === null ? undefined : prune(value, path, report));
}

const embeddedMetadata: Prune = (value) => {
  try {
    return decodeMetadata(value);
  } catch {
    // Validation tells what is wrong with it.
    return clone(value);
  }
};
