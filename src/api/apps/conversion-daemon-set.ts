import { convertTo, withAnnotations } from '../conversion.ts';
import { labelsOfTemplate, selectorOfTemplate } from './old-defaults.ts';
import { replacedByApps } from './versions.ts';
import { TEMPLATE_GENERATION } from './template-generation.ts';
import type { DaemonSet } from '../generated/apps-v1.ts';
import type { DaemonSet as OldDaemonSet } from '../generated/extensions-v1beta1.ts';
import type { KubeObject } from '#apimachinery';
import type { ServedVersion } from '../kind-definition.ts';

/** In extensions/v1beta1 pods are replaced only when someone deletes them, and the template's generation is a field. */
function fromExtensions(object: KubeObject): DaemonSet {
  const { templateGeneration, ...spec } = (object as OldDaemonSet).spec ?? {};
  const updateStrategy = { ...spec.updateStrategy };
  updateStrategy.type ||= 'OnDelete';
  const selector = selectorOfTemplate(spec.selector, spec.template);
  const converted = convertTo<DaemonSet>('apps/v1', object, { spec: { ...spec, selector, updateStrategy } });
  const daemonSet = labelsOfTemplate(converted, spec.template);
  return templateGeneration === undefined ? daemonSet : withAnnotations(daemonSet, { [TEMPLATE_GENERATION]: String(templateGeneration) });
}

function toExtensions(daemonSet: DaemonSet): KubeObject {
  const generation = Number.parseInt(daemonSet.metadata.annotations?.[TEMPLATE_GENERATION] ?? '', 10);
  if (Number.isNaN(generation)) return convertTo('extensions/v1beta1', daemonSet);
  const spec = { ...daemonSet.spec, templateGeneration: generation };
  return withAnnotations(convertTo<OldDaemonSet>('extensions/v1beta1', daemonSet, { spec }), { [TEMPLATE_GENERATION]: undefined });
}

/** The old versions of a DaemonSet. */
export const daemonSetVersions: readonly ServedVersion<DaemonSet>[] = [
  { version: 'v1beta2', deprecated: replacedByApps('DaemonSet', 'v1.9') },
  {
    group: 'extensions',
    version: 'v1beta1',
    deprecated: replacedByApps('DaemonSet', 'v1.8'),
    toStorage: fromExtensions,
    fromStorage: toExtensions,
  },
];
