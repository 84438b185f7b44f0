import type { ParamKind, ParamRef } from '#api/generated/admissionregistration-v1.ts';
import { parseApiVersion, selectorOf, type KubeObject } from '#apimachinery';
import { isClusterScoped } from '../admission/matching/index.ts';
import type { Registry, ServedResource } from '../registry/index.ts';
import type { AdmissionAttributes } from '../types.ts';

/** A binding cannot be used for this write; what that means is for the failure policy to say. */
export class BindingUnusable extends Error {}

/** No parameters at all: for policies that want none, and for bindings that name none. */
const NONE: readonly (KubeObject | null)[] = [null];

/**
 * The parameters that a binding gives to its policy for a write: the policy is asked once for each. Empty: it is not asked.
 * Throws BindingUnusable.
 */
export async function findParams(
  paramKind: ParamKind | undefined,
  paramRef: ParamRef | undefined,
  attributes: AdmissionAttributes,
  registry: Registry,
): Promise<readonly (KubeObject | null)[]> {
  if (paramKind === undefined || paramRef === undefined) return NONE;
  const served = servedKind(paramKind, registry);
  const namespace = namespaceOf(served, paramRef, attributes);
  const { reader } = registry;
  const { definition } = served.resource;
  await reader.ready(definition);
  const found =
    paramRef.name !== undefined && paramRef.name !== ''
      ? [reader.get(definition, namespace, paramRef.name)].filter((object) => object !== undefined)
      : [...reader.list(definition, namespace === '' ? undefined : namespace)].filter(({ metadata }) =>
          selectorOf(paramRef.selector).matches(metadata.labels),
        );
  if (found.length > 0) return found.map((object) => ({ ...served.fromStorage(object), apiVersion: served.apiVersion, kind: served.kind }));
  if (paramRef.parameterNotFoundAction === 'Allow') return [];
  throw new BindingUnusable('no params found for policy binding with `Deny` parameterNotFoundAction');
}

function servedKind({ apiVersion = '', kind = '' }: ParamKind, registry: Registry): ServedResource {
  const { group, version } = parseApiVersion(apiVersion);
  for (const served of registry.allServed())
    if (served.kind === kind && served.group === group && served.version === version) return served;
  throw new BindingUnusable(`failed to find resource referenced by paramKind: '${apiVersion}, Kind=${kind}'`);
}

function namespaceOf({ resource }: ServedResource, { namespace = '' }: ParamRef, attributes: AdmissionAttributes): string {
  if (!resource.definition.namespaced) {
    if (namespace !== '') throw new BindingUnusable('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
    return '';
  }
  if (namespace !== '') return namespace;
  if (isClusterScoped(attributes))
    throw new BindingUnusable('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources');
  return attributes.namespace;
}
