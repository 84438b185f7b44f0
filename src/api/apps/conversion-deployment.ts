import { convertTo, withAnnotations } from '../conversion.ts';
import { labelsOfTemplate, selectorOfTemplate } from './old-defaults.ts';
import { replacedByApps } from './versions.ts';
import type { Deployment, DeploymentSpec } from '../generated/apps-v1.ts';
import type { Deployment as OldDeployment } from '../generated/extensions-v1beta1.ts';
import type { IntOrString, KubeObject } from '#apimachinery';
import type { ServedVersion } from '../kind-definition.ts';

/** Where `spec.rollbackTo`, which apps/v1 has no field for, is kept. */
const ROLLBACK_TO = 'deprecated.deployment.rollback.rollbackTo';
/** "Never" and "all", in the versions that had no better defaults. */
const UNLIMITED = 2147483647;

interface OldDefaults {
  surge: IntOrString;
  revisionHistoryLimit: number;
  progressDeadlineSeconds: number;
}

function toStorage(object: KubeObject, defaults: OldDefaults): Deployment {
  const { rollbackTo, ...spec } = (object as OldDeployment).spec ?? {};
  const strategy = { ...spec.strategy };
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    strategy.rollingUpdate = { maxUnavailable: defaults.surge, maxSurge: defaults.surge, ...strategy.rollingUpdate };
  }
  const converted: DeploymentSpec = {
    ...spec,
    selector: selectorOfTemplate(spec.selector, spec.template),
    strategy,
    revisionHistoryLimit: spec.revisionHistoryLimit ?? defaults.revisionHistoryLimit,
    progressDeadlineSeconds: spec.progressDeadlineSeconds ?? defaults.progressDeadlineSeconds,
  };
  const deployment = labelsOfTemplate(convertTo<Deployment>('apps/v1', object, { spec: converted }), spec.template);
  return rollbackTo === undefined ? deployment : withAnnotations(deployment, { [ROLLBACK_TO]: String(rollbackTo.revision ?? 0) });
}

function fromStorage(apiVersion: string, deployment: Deployment): KubeObject {
  const text = deployment.metadata.annotations?.[ROLLBACK_TO];
  const revision = Number.parseInt(text ?? '', 10);
  if (text === undefined || Number.isNaN(revision)) return convertTo(apiVersion, deployment);
  const spec = { ...deployment.spec, rollbackTo: { revision } };
  return withAnnotations(convertTo<OldDeployment>(apiVersion, deployment, { spec }), { [ROLLBACK_TO]: undefined });
}

/** The old versions of a Deployment. */
export const deploymentVersions: readonly ServedVersion<Deployment>[] = [
  { version: 'v1beta2', deprecated: replacedByApps('Deployment', 'v1.9') },
  {
    version: 'v1beta1',
    deprecated: replacedByApps('Deployment', 'v1.8'),
    toStorage: (object) => toStorage(object, { surge: '25%', revisionHistoryLimit: 2, progressDeadlineSeconds: 600 }),
    fromStorage: (deployment) => fromStorage('apps/v1beta1', deployment),
  },
  {
    group: 'extensions',
    version: 'v1beta1',
    deprecated: replacedByApps('Deployment', 'v1.8'),
    toStorage: (object) => toStorage(object, { surge: 1, revisionHistoryLimit: UNLIMITED, progressDeadlineSeconds: UNLIMITED }),
    fromStorage: (deployment) => fromStorage('extensions/v1beta1', deployment),
  },
];
