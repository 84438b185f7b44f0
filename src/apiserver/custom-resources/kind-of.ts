import type { KindDefinition, ScaleSubresource, ServedVersion } from '#api';
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionVersion,
  CustomResourceSubresourceScale,
} from '#api/generated/apiextensions-v1.ts';
import { clone, type KubeObject } from '#apimachinery';
import { printingOf } from './printer-columns.ts';
import { SimplePath } from './simple-path.ts';
import { VersionSchema } from './version-schema.ts';

/** A definition, ready to be served. */
export interface CustomKind {
  definition: KindDefinition;
  /** By version. */
  schemas: ReadonlyMap<string, VersionSchema>;
}

/** What may be done with objects whose definition is about to go: all but making new ones. */
const VERBS_AT_THE_END = ['delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Leaves only the verbs that an ending allows; false when that has been done already. */
export function endCreation({ definition }: CustomKind): boolean {
  if (definition.verbs === VERBS_AT_THE_END) return false;
  for (const each of [definition, ...(definition.alsoServed ?? []).map((served) => served.definition)]) {
    if (each !== undefined) each.verbs = VERBS_AT_THE_END;
  }
  return true;
}

/** The kind that a definition describes, under the names that it has been granted. Undefined while no version is stored. */
export function kindOf({ spec }: CustomResourceDefinition, names: CustomResourceDefinitionNames): CustomKind | undefined {
  const stored = spec.versions.find(({ storage }) => storage);
  if (stored === undefined) return undefined;
  const schemas = new Map(spec.versions.map((version) => [version.name, schemaOf(version)]));
  const base = {
    group: spec.group,
    kind: names.kind,
    listKind: names.listKind ?? `${names.kind}List`,
    resource: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    shortNames: names.shortNames,
    categories: names.categories,
    namespaced: spec.scope === 'Namespaced',
    custom: true,
    hasGeneration: true,
  };
  const definitionOf = (version: CustomResourceDefinitionVersion): KindDefinition => ({
    ...base,
    ...versionPart(version, schemas.get(version.name) as VersionSchema, spec.group, names.kind),
  });
  const isRemote = spec.conversion?.strategy === 'Webhook';
  const storedSchema = schemas.get(stored.name) as VersionSchema;
  const others = spec.versions.filter(({ served, storage }) => served && !storage);
  const alsoServed = others.map((version): ServedVersion<KubeObject> => {
    const own = definitionOf(version);
    const { version: name, columns, row, deprecated } = own;
    // What a webhook converts may look different: it is checked as it is stored.
    const definition = isRemote ? { ...definitionOf(stored), version: name, columns, row, deprecated } : own;
    return { version: name, definition, deprecated, toStorage: (object) => storedForm(object, storedSchema) };
  });
  const definition: KindDefinition = { ...definitionOf(stored), alsoServed, storageOnly: stored.served ? undefined : true };
  return { definition, schemas };
}

/** The object as the storage version has it, where versions differ in nothing but their schemas. */
function storedForm({ metadata, ...rest }: KubeObject, schema: VersionSchema): KubeObject {
  const stored = { ...(schema.prune(rest, '', undefined) as object), metadata: clone(metadata) };
  schema.fillIn(stored);
  return stored;
}

function schemaOf({ schema }: CustomResourceDefinitionVersion): VersionSchema {
  return new VersionSchema(schema?.openAPIV3Schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true });
}

function versionPart(version: CustomResourceDefinitionVersion, schema: VersionSchema, group: string, kind: string) {
  const hasStatus = version.subresources?.status !== undefined;
  return {
    version: version.name,
    hasStatus,
    scale: scaleOf(version.subresources?.scale),
    deprecated: deprecationOf(version, group, kind),
    selectableFields: selectableFieldsOf(version),
    ...printingOf(version.additionalPrinterColumns),
    defaults: (object: KubeObject) => schema.fillIn(object),
    prepareForCreate(object: KubeObject & { status?: unknown }) {
      if (hasStatus) delete object.status;
    },
    validateCreate: (object: KubeObject) => schema.validate(object),
    validateUpdate: (object: KubeObject, old: KubeObject) => schema.validate(object, old),
    validateStatusUpdate: (object: KubeObject, old: KubeObject) => schema.validate(object, old),
  } satisfies Partial<KindDefinition>;
}

function deprecationOf(version: CustomResourceDefinitionVersion, group: string, kind: string): KindDefinition['deprecated'] {
  if (version.deprecated !== true) return undefined;
  return { since: '', removedIn: '', text: version.deprecationWarning ?? `${group}/${version.name} ${kind} is deprecated` };
}

function scaleOf(scale: CustomResourceSubresourceScale | undefined): ScaleSubresource<KubeObject> | undefined {
  if (scale === undefined) return undefined;
  const spec = new SimplePath(scale.specReplicasPath);
  const status = new SimplePath(scale.statusReplicasPath);
  const selector = scale.labelSelectorPath ? new SimplePath(scale.labelSelectorPath) : undefined;
  return {
    replicas: (object) => numberAt(spec, object),
    setReplicas: (object, replicas) => spec.set(object, replicas),
    statusReplicas: (object) => numberAt(status, object),
    selector(object) {
      const value = selector?.get(object);
      return typeof value === 'string' ? value : '';
    },
  };
}

function numberAt(path: SimplePath, object: KubeObject): number {
  const value = path.get(object);
  return typeof value === 'number' ? value : 0;
}

function selectableFieldsOf({ selectableFields }: CustomResourceDefinitionVersion): KindDefinition['selectableFields'] {
  if (selectableFields === undefined) return undefined;
  const paths = selectableFields.map(({ jsonPath }) => new SimplePath(jsonPath));
  return Object.fromEntries(paths.map((path) => [path.toString(), (object: KubeObject) => textOf(path.get(object))]));
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
