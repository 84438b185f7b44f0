import type { Cell, Column, KindDefinition } from '#api';
import { humanDuration } from '#api';
import type { KubeObject } from '#apimachinery';
import type { Entry } from '../cache/index.ts';

/** The name column's and the age column's texts stand for every kind that says nothing of its own. */
const NAME: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace. It identifies the object in its namespace and cannot be changed afterwards.',
};
const AGE: Column = {
  name: 'Age',
  type: 'date',
  description: 'The time when the object was created by the server, as clients show it: how long ago.',
};
const DEFAULT_COLUMNS = [NAME, AGE];

interface TableRow {
  cells: Cell[];
  object: unknown;
}

export interface Table {
  kind: 'Table';
  apiVersion: string;
  metadata: Record<string, unknown>;
  columnDefinitions: { name: string; type: string; format: string; description: string; priority: number }[];
  rows: TableRow[];
}

/** What goes with each row: `includeObject` of the request. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface TableOptions {
  version: string;
  include: IncludeObject;
  now: Date;
  /** The object in the version that the client asked for. */
  show(object: KubeObject): KubeObject;
  metadata: Record<string, unknown>;
  /** Watches name the columns only once. */
  columns: boolean;
}

/** The table that `kubectl get` prints. */
export function tableOf(definition: KindDefinition, entries: readonly Entry[], options: TableOptions): Table {
  const columns = options.columns ? (definition.columns ?? DEFAULT_COLUMNS) : [];
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: options.metadata,
    columnDefinitions: columns.map(({ name, type, format = '', description, priority = 0 }) => ({
      name,
      type,
      format,
      description,
      priority,
    })),
    rows: entries.map(({ object }) => ({
      cells: rowOf(definition, definition.custom === true ? options.show(object) : object, options.now),
      object: included(object, options),
    })),
  };
}

function rowOf(definition: KindDefinition, object: KubeObject, now: Date): Cell[] {
  if (definition.row !== undefined) return definition.row(object, now);
  const created = object.metadata.creationTimestamp;
  return [object.metadata.name, created === undefined ? '<unknown>' : humanDuration(now.getTime() - Date.parse(created))];
}

function included(object: KubeObject, { include, version, show }: TableOptions): unknown {
  if (include === 'None') return null;
  return include === 'Object' ? show(object) : partialOf(object, version);
}

/** Only the metadata of an object. */
export function partialOf(object: KubeObject, version: string): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}
