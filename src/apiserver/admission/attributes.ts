import type { KubeObject } from '#apimachinery';
import type { AdmissionAttributes } from '../types.ts';

/** Attributes of a write, for tests: a create of the object in namespace `dev` by a plain user, unless told otherwise. */
export function attributesOf(
  resource: string,
  object: object | undefined,
  change: Partial<AdmissionAttributes> & { group?: string } = {},
): AdmissionAttributes & { warnings: string[] } {
  const warnings: string[] = [];
  const { group = '', ...rest } = change;
  const named = object === undefined ? undefined : ({ metadata: { name: 'web', namespace: 'dev' }, ...object } as KubeObject);
  return {
    operation: 'CREATE',
    kind: { group, version: 'v1', kind: '' },
    resource: { group, version: 'v1', resource },
    subresource: '',
    namespace: 'dev',
    name: named?.metadata.name ?? 'web',
    object: named,
    oldObject: undefined,
    user: { name: 'alice', groups: ['system:authenticated'] },
    dryRun: false,
    options: {},
    warn: (text) => warnings.push(text),
    warnings,
    ...rest,
  };
}
