import type { FieldSchema, KubeObject, ListSchema, Schema, StructSchema } from '../index.ts';
import { scalarSchema, untypedSchema } from '../index.ts';

type Fields = Record<string, Schema | FieldSchema>;

const struct = (fields: Fields, atomic = false): StructSchema => ({
  kind: 'struct',
  atomic,
  fields: new Map(Object.entries(fields).map(([name, field]) => [name, 'kind' in field ? { schema: field } : field])),
});
const mapList = (element: Schema, ...mapKeys: string[]): ListSchema => ({ kind: 'list', listType: 'map', element, mapKeys });
const always = (schema: Schema): FieldSchema => ({ schema, always: true });
const strings: Schema = { kind: 'map', element: scalarSchema };

const port = struct({ name: scalarSchema, containerPort: scalarSchema, protocol: { schema: scalarSchema, default: 'TCP' } });
const container = struct({
  name: scalarSchema,
  image: scalarSchema,
  args: { kind: 'list', element: scalarSchema },
  env: mapList(struct({ name: scalarSchema, value: scalarSchema }), 'name'),
  ports: mapList(port, 'containerPort', 'protocol'),
  resources: always(struct({ limits: strings, requests: strings })),
});
const metadata = struct({
  name: scalarSchema,
  namespace: scalarSchema,
  uid: scalarSchema,
  resourceVersion: scalarSchema,
  generation: scalarSchema,
  creationTimestamp: scalarSchema,
  labels: strings,
  annotations: strings,
  finalizers: { kind: 'list', listType: 'set', element: scalarSchema },
  managedFields: { kind: 'list', element: untypedSchema },
});

/** A cut-down Deployment, in which every way to merge occurs. */
export const schema: StructSchema = struct({
  apiVersion: scalarSchema,
  kind: scalarSchema,
  metadata: always(metadata),
  spec: always(
    struct({
      replicas: scalarSchema,
      paused: scalarSchema,
      selector: struct({ matchLabels: strings }, true),
      strategy: always(struct({ type: scalarSchema, rollingUpdate: struct({ maxSurge: scalarSchema }) })),
      template: always(
        struct({
          metadata: always(metadata),
          spec: always(struct({ containers: always(mapList(container, 'name')), nodeSelector: { ...strings, atomic: true } })),
        }),
      ),
      config: untypedSchema,
    }),
  ),
  status: always(struct({ replicas: scalarSchema, conditions: mapList(struct({ type: scalarSchema, status: scalarSchema }), 'type') })),
});

export interface Spec {
  replicas?: number | null;
  [field: string]: unknown;
}

/** A Deployment `web` with this spec, if any. */
export function web(spec?: Spec, meta: Partial<KubeObject['metadata']> = {}): KubeObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'default', ...meta }, ...(spec && { spec }) };
}

/** A spec with these containers. */
export const withContainers = (...containers: unknown[]): Spec => ({ template: { spec: { containers } } });
