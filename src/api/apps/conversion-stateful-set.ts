import { convertTo } from '../conversion.ts';
import { labelsOfTemplate, selectorOfTemplate } from './old-defaults.ts';
import { replacedByApps } from './versions.ts';
import type { KubeObject } from '#apimachinery';
import type { ServedVersion } from '../kind-definition.ts';
import type { StatefulSet } from '../generated/apps-v1.ts';
import type { StatefulSet as OldStatefulSet } from '../generated/apps-v1beta1.ts';

/** In apps/v1beta1 pods are replaced only when someone deletes them. */
function fromV1beta1(object: KubeObject): StatefulSet {
  const { spec } = object as OldStatefulSet;
  const updateStrategy = { ...spec?.updateStrategy };
  updateStrategy.type ||= 'OnDelete';
  const selector = selectorOfTemplate(spec?.selector, spec?.template);
  return labelsOfTemplate(convertTo<StatefulSet>('apps/v1', object, { spec: { ...spec, selector, updateStrategy } }), spec?.template);
}

/** The old versions of a StatefulSet. */
export const statefulSetVersions: readonly ServedVersion<StatefulSet>[] = [
  { version: 'v1beta2', deprecated: replacedByApps('StatefulSet', 'v1.9') },
  {
    version: 'v1beta1',
    deprecated: replacedByApps('StatefulSet', 'v1.8'),
    toStorage: fromV1beta1,
    fromStorage: (object) => convertTo('apps/v1beta1', object),
  },
];
