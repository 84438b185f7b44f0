import { sortedFieldSet, type FieldSet } from './field-set.ts';
import { keyElement, valueElement } from './path.ts';

/** A `fieldsV1` that is none. */
export class InvalidFieldSet extends Error {}

/**
 * Checks a `fieldsV1` that a client sent and writes its elements as the API does. Throws InvalidFieldSet.
 */
export function decodeFieldSet(fieldsV1: unknown): FieldSet {
  return sortedFieldSet(decodeNode(fieldsV1));
}

function decodeNode(node: unknown): FieldSet {
  if (typeof node !== 'object' || node === null || Array.isArray(node))
    throw new InvalidFieldSet(`expected object, got ${JSON.stringify(node)}`);
  const result: Record<string, FieldSet> = {};
  for (const [element, child] of Object.entries(node)) {
    if (element === '.') result['.'] = {};
    else result[decodeElement(element)] = decodeNode(child);
  }
  return Object.keys(result).length === 1 && '.' in result ? {} : result;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidFieldSet(`unable to parse ${JSON.stringify(text)}`, { cause });
  }
}

function decodeElement(element: string): string {
  const text = element.slice(2);
  if (element[1] === ':') {
    switch (element[0]) {
      case 'f':
        return element;
      case 'v':
        return valueElement(parsed(text));
      case 'k': {
        const keys: unknown = parsed(text);
        if (typeof keys === 'object' && keys !== null && !Array.isArray(keys)) return keyElement(keys as Record<string, unknown>);
        break;
      }
      case 'i':
        if (/^\d+$/.test(text)) return element;
        break;
    }
  }
  throw new InvalidFieldSet(`unable to parse path element ${JSON.stringify(element)}`);
}
