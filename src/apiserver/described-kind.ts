import { apiResourcesOf } from './discovery/index.ts';
import type { ServedKind } from './openapi/index.ts';
import type { ServedResource } from './registry/index.ts';

/** A served resource as OpenAPI describes it. */
export function describedKind(served: ServedResource): ServedKind {
  const [main, ...subresources] = apiResourcesOf(served);
  return {
    group: served.group,
    version: served.version,
    kind: served.kind,
    resource: served.name,
    namespaced: served.resource.definition.namespaced,
    verbs: main?.verbs ?? [],
    customSchema: served.openApiSchema,
    listKind: served.definition.listKind,
    subresources: subresources.map(({ name, kind, group, version, verbs }) => ({
      name: name.slice(name.indexOf('/') + 1),
      kind,
      group,
      version,
      verbs,
    })),
  };
}
