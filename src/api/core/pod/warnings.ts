import { isDns1123Label, root, type FieldPath } from '#apimachinery';
import type { Container, Pod, PodSpec, PodTemplateSpec, VolumeSource } from '../../generated/core-v1.ts';
import { quantityOf } from '../resource-list.ts';
import { nodeLabelWarning } from '../node-label-warning.ts';
import { warning } from '../warning.ts';

/** What is allowed in a pod and still unwise. An update is warned of only when it changes the spec, which it hardly can. */
export function podWarnings(pod: Pod, old: Pod | undefined): string[] {
  if (old !== undefined) return [];
  const warnings = specWarnings(pod.spec, root.child('spec'));
  warnings.push(...annotationWarnings(pod.metadata.annotations, root.child('metadata', 'annotations')));
  const { name } = pod.metadata;
  const texts = name ? isDns1123Label(name) : [];
  if (texts.length > 0) {
    const why = "this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended";
    warnings.push(`metadata.name: ${why}: [${texts.join(' ')}]`);
  }
  return warnings;
}

/** The same for a workload's template. `path`: where it stands. */
export function podTemplateWarnings(template: PodTemplateSpec, path: FieldPath): string[] {
  return [
    ...specWarnings(template.spec, path.child('spec')),
    ...annotationWarnings(template.metadata.annotations, path.child('metadata', 'annotations')),
  ];
}

function specWarnings(spec: PodSpec, path: FieldPath): string[] {
  const warnings: string[] = [];
  for (const key in spec.nodeSelector) {
    const use = nodeLabelWarning(key);
    if (use !== undefined) warnings.push(warning(path.child('nodeSelector').key(key), use));
  }
  spec.volumes?.forEach((volume, index) => {
    for (const [type, text] of RETIRED_VOLUMES) {
      if (volume[type] !== undefined) warnings.push(warning(path.child('volumes').index(index).child(type), text));
    }
  });
  const secrets = new Set<string>();
  spec.imagePullSecrets?.forEach(({ name = '' }, index) => {
    const at = path.child('imagePullSecrets').index(index);
    if (name === '') warnings.push(warning(at.child('name'), 'invalid empty name ""'));
    else if (secrets.has(name)) warnings.push(warning(at.child('name'), `duplicate name "${name}"`));
    secrets.add(name);
  });
  spec.topologySpreadConstraints?.forEach(({ labelSelector }, index) => {
    if (labelSelector) return;
    const at = path.child('topologySpreadConstraints').index(index).child('labelSelector');
    warnings.push(warning(at, 'a null labelSelector results in matching no pod'));
  });
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    const at = path.child('terminationGracePeriodSeconds');
    warnings.push(warning(at, 'must be >= 0; negative values are invalid and will be treated as 1'));
  }
  for (const field of ['containers', 'initContainers'] as const) {
    spec[field]?.forEach((container, index) => containerWarnings(container, path.child(field).index(index), warnings));
  }
  return warnings;
}

const RETIRED_VOLUMES = [
  ['gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
] as const satisfies readonly (readonly [keyof VolumeSource, string])[];

const SECCOMP = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_OF_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';
const APPARMOR = 'container.apparmor.security.beta.kubernetes.io/';

function annotationWarnings(annotations: Readonly<Record<string, string>> | undefined, path: FieldPath): string[] {
  const warnings: string[] = [];
  for (const key in annotations) {
    if (key === SECCOMP || key.startsWith(SECCOMP_OF_CONTAINER)) {
      warnings.push(warning(path.key(key), 'non-functional in v1.27+; use the "seccompProfile" field instead'));
    } else if (key.startsWith(APPARMOR)) {
      warnings.push(warning(path.key(key), 'deprecated since v1.30; use the "appArmorProfile" field instead'));
    }
  }
  return warnings;
}

function containerWarnings(container: Container, path: FieldPath, warnings: string[]): void {
  const names = new Set<string>();
  container.env?.forEach(({ name }, index) => {
    if (names.has(name)) {
      const at = path.child('env').index(index);
      warnings.push(warning(at, `hides previous definition of "${name}", which may be dropped when using apply`));
    }
    names.add(name);
  });
  const ports = new Map<string, FieldPath>();
  container.ports?.forEach(({ containerPort, hostIP, hostPort, protocol }, index) => {
    const at = path.child('ports').index(index);
    const key = `${containerPort}/${protocol}/${hostIP ?? ''}/${hostPort ?? 0}`;
    const first = ports.get(key);
    if (first !== undefined) warnings.push(warning(at, `duplicate port definition with ${first.toString()}`));
    else ports.set(key, at);
  });
  for (const field of ['limits', 'requests'] as const) {
    for (const name of ['memory', 'ephemeral-storage']) {
      const text = container.resources?.[field]?.[name];
      if (text === undefined || (quantityOf(text)?.milliValue() ?? 0) % 1000 === 0) continue;
      warnings.push(warning(path.child('resources', field).key(name), `fractional byte value "${text}" is invalid, must be an integer`));
    }
  }
}
