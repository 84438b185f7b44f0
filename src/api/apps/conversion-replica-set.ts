import { convertTo } from '../conversion.ts';
import { labelsOfTemplate, selectorOfTemplate } from './old-defaults.ts';
import { replacedByApps } from './versions.ts';
import type { KubeObject } from '#apimachinery';
import type { ReplicaSet } from '../generated/apps-v1.ts';
import type { ReplicaSet as OldReplicaSet } from '../generated/extensions-v1beta1.ts';
import type { ServedVersion } from '../kind-definition.ts';

function fromExtensions(object: KubeObject): ReplicaSet {
  const { spec } = object as OldReplicaSet;
  const selector = selectorOfTemplate(spec?.selector, spec?.template);
  return labelsOfTemplate(convertTo<ReplicaSet>('apps/v1', object, { spec: { ...spec, selector } }), spec?.template);
}

/** The old versions of a ReplicaSet. */
export const replicaSetVersions: readonly ServedVersion<ReplicaSet>[] = [
  { version: 'v1beta2', deprecated: replacedByApps('ReplicaSet', 'v1.9') },
  {
    group: 'extensions',
    version: 'v1beta1',
    deprecated: replacedByApps('ReplicaSet', 'v1.8'),
    toStorage: fromExtensions,
    fromStorage: (object) => convertTo('extensions/v1beta1', object),
  },
];
