import { humanDuration, nameColumn, type Cell, type Column } from '#api';
import type { CustomResourceColumnDefinition } from '#api/generated/apiextensions-v1.ts';
import type { KubeObject } from '#apimachinery';
import { compileJsonPath, type FindAll } from './json-path.ts';

/** What `kubectl get` shows of a custom resource. */
export interface Printing {
  columns: readonly Column[];
  row(object: KubeObject, now: Date): Cell[];
}

const AGE: CustomResourceColumnDefinition = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
};

/** The columns of a version: the name, then the definition's own, or where there are none the age. */
export function printingOf(definitions: readonly CustomResourceColumnDefinition[] | undefined): Printing {
  const own = definitions === undefined || definitions.length === 0 ? [AGE] : definitions;
  const cells = own.map(({ type, jsonPath }) => cellOf(type, compileJsonPath(jsonPath)));
  return {
    columns: [nameColumn, ...own.map(columnOf)],
    row: (object, now) => [object.metadata.name, ...cells.map((cell) => cell(object, now))],
  };
}

function columnOf({ name, type, format, description, jsonPath, priority }: CustomResourceColumnDefinition): Column {
  const text = description || `Custom resource definition column (in JSONPath format): ${jsonPath}`;
  return { name, type: type as Column['type'], format, description: text, priority };
}

function cellOf(type: string, find: FindAll | undefined): (object: KubeObject, now: Date) => Cell {
  if (find === undefined) return () => null;
  return (object, now) => {
    const [value] = find(object);
    return value === undefined || value === null ? null : format(type, value, now);
  };
}

function format(type: string, value: unknown, now: Date): Cell {
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? age(value, now) : null;
    default:
      return typeof value === 'string' ? value : JSON.stringify(value);
  }
}

function age(text: string, now: Date): string {
  const time = Date.parse(text);
  return Number.isNaN(time) ? '<invalid>' : humanDuration(now.getTime() - time);
}
