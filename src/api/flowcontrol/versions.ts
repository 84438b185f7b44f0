import { convertTo, withAnnotations } from '../conversion.ts';
import type { FlowSchema, PriorityLevelConfiguration } from '../generated/flowcontrol-v1.ts';
import type { KubeObject } from '#apimachinery';
import type { PriorityLevelConfiguration as OldLevel } from '../generated/flowcontrol-v1beta2.ts';
import type { ServedVersion } from '../kind-definition.ts';

const GROUP = 'flowcontrol.apiserver.k8s.io';
/** In v1beta3 no shares and the default shares look the same; this says that none are meant. */
const PRESERVE_ZERO = 'flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares';
const DEFAULT_SHARES = 30;

const deprecations = [
  { version: 'v1beta3', since: 'v1.29', removedIn: 'v1.32' },
  { version: 'v1beta2', since: 'v1.26', removedIn: 'v1.29' },
  { version: 'v1beta1', since: 'v1.23', removedIn: 'v1.26' },
] as const;

function deprecated(kind: string, since: string, removedIn: string) {
  return { since, removedIn, use: `${GROUP}/v1 ${kind}` };
}

/** The old versions of a FlowSchema; they differ in their names only. */
export const flowSchemaVersions: readonly ServedVersion<FlowSchema>[] = deprecations.map(({ version, since, removedIn }) => ({
  version,
  deprecated: deprecated('FlowSchema', since, removedIn),
}));

/** Up to v1beta2 the shares were called `assuredConcurrencyShares`. */
function toStorage(object: KubeObject): PriorityLevelConfiguration {
  const { spec } = object as OldLevel;
  if (spec?.limited === undefined) return convertTo(`${GROUP}/v1`, object);
  const { assuredConcurrencyShares, ...limited } = spec.limited;
  const nominalConcurrencyShares = assuredConcurrencyShares || DEFAULT_SHARES;
  return convertTo<PriorityLevelConfiguration>(`${GROUP}/v1`, object, {
    spec: { ...spec, limited: { ...limited, nominalConcurrencyShares } },
  });
}

function fromStorage(apiVersion: string, object: PriorityLevelConfiguration): KubeObject {
  if (object.spec.limited === undefined) return convertTo(apiVersion, object);
  const { nominalConcurrencyShares, ...limited } = object.spec.limited;
  const spec = { ...object.spec, limited: { ...limited, assuredConcurrencyShares: nominalConcurrencyShares ?? DEFAULT_SHARES } };
  return convertTo<OldLevel>(apiVersion, object, { spec });
}

function fromV1beta3(object: KubeObject): PriorityLevelConfiguration {
  const level = convertTo<PriorityLevelConfiguration>(`${GROUP}/v1`, object);
  const { limited } = level.spec ?? {};
  const preserve = level.metadata.annotations?.[PRESERVE_ZERO] !== undefined;
  if (limited === undefined || limited.nominalConcurrencyShares) return level;
  const shares = preserve ? 0 : DEFAULT_SHARES;
  const spec = { ...level.spec, limited: { ...limited, nominalConcurrencyShares: shares } };
  return withAnnotations({ ...level, spec }, { [PRESERVE_ZERO]: undefined });
}

function toV1beta3(level: PriorityLevelConfiguration): KubeObject {
  const converted = convertTo(`${GROUP}/v1beta3`, level);
  return level.spec.limited?.nominalConcurrencyShares === 0 ? withAnnotations(converted, { [PRESERVE_ZERO]: '' }) : converted;
}

/** The old versions of a PriorityLevelConfiguration. */
export const priorityLevelConfigurationVersions: readonly ServedVersion<PriorityLevelConfiguration>[] = deprecations.map(
  ({ version, since, removedIn }) => ({
    version,
    deprecated: deprecated('PriorityLevelConfiguration', since, removedIn),
    toStorage: version === 'v1beta3' ? fromV1beta3 : toStorage,
    fromStorage: version === 'v1beta3' ? toV1beta3 : (level) => fromStorage(`${GROUP}/${version}`, level),
  }),
);
