import { kindDescription, structDescription, groupVersions, type Documentation, type StructDescription } from '#api';
import { customListSchema, customSchema } from './custom-schema.ts';
import { Definitions } from './definitions.ts';
import { customDefinitionName } from './names.ts';
import type { Content, Operation } from './operations.ts';
import type { Dialect } from './scalar-schemas.ts';
import type { JsonSchema, ServedKind } from './served-kind.ts';

const PATCH = 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch';
const META_IN_ALL_GROUPS = new Set(['DeleteOptions', 'WatchEvent']);

/** The schemas of what goes in and out of the operations of some kinds. */
export class Contents {
  readonly definitions: Definitions;
  readonly #dialect: Dialect;
  readonly #documentation: Documentation;

  constructor(dialect: Dialect, documentation: Documentation, kinds: readonly ServedKind[]) {
    this.#dialect = dialect;
    this.#documentation = documentation;
    this.definitions = new Definitions(dialect, documentation, groupVersionKinds(kinds));
  }

  /** The schema of a body or answer of one of the kind's operations. */
  of(content: Content, served: ServedKind, { gvk }: Operation): JsonSchema {
    switch (content.kind) {
      case 'string':
        return { type: 'string' };
      case 'patch':
        return this.definitions.add(PATCH, { description: 'A patch, whose form the content type tells.', type: 'object' });
      case 'status':
        return this.#meta('Status');
      case 'options':
        return this.#meta('DeleteOptions');
      case 'other':
        return this.#described(content.group, content.version, content.name);
      case 'list':
        return served.customSchema === undefined ? this.#described(gvk.group, gvk.version, `${gvk.kind}List`) : this.#customList(served);
      default:
        return served.customSchema === undefined ? this.#described(gvk.group, gvk.version, gvk.kind) : this.#custom(served);
    }
  }

  #described(group: string, version: string, kind: string): JsonSchema {
    const struct = kindDescription(group, version, kind);
    return struct === undefined ? { type: 'object' } : this.definitions.ref(struct);
  }

  #meta(name: string): JsonSchema {
    const struct = structDescription('meta-v1', name);
    if (struct === undefined) throw new Error(`the API's description has no ${name}`);
    return this.definitions.ref(struct);
  }

  #custom(served: ServedKind): JsonSchema {
    const schema = customSchema(served, this.#dialect, this.#meta('ObjectMeta'), this.#typeMeta());
    return this.definitions.add(customDefinitionName(served, served.kind), schema);
  }

  #customList(served: ServedKind): JsonSchema {
    const schema = customListSchema(served, this.#custom(served), this.#meta('ListMeta'), this.#typeMeta());
    return this.definitions.add(customDefinitionName(served, served.listKind ?? `${served.kind}List`), schema);
  }

  /** The schemas of `kind` and `apiVersion`. */
  #typeMeta(): Record<string, JsonSchema> {
    const status = structDescription('meta-v1', 'Status') as StructDescription;
    const field = (name: string): JsonSchema => ({ description: this.#documentation.ofField(status, name), type: 'string' });
    return { apiVersion: field('apiVersion'), kind: field('kind') };
  }
}

function groupVersionKinds(
  kinds: readonly ServedKind[],
): (struct: StructDescription) => { group: string; version: string; kind: string }[] {
  const groups = new Map(groupVersions().map(({ file, group }) => [file, group]));
  const served = [...new Map(kinds.map(({ group, version }) => [`${group}/${version}`, { group, version }])).values()];
  return (struct) => {
    if (META_IN_ALL_GROUPS.has(struct.name) && struct.file === 'meta-v1')
      return served.map(({ group, version }) => ({ group, version, kind: struct.name }));
    if (!struct.isKind) return [];
    const group = struct.file === 'meta-v1' ? '' : (groups.get(struct.file) ?? '');
    return [{ group, version: struct.version, kind: struct.name }];
  };
}
