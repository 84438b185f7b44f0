import { fieldInvalid, invalid, objectEqual, root, type KubeObject } from '#apimachinery';
import type { Namespace, Pod, PodTemplateSpec } from '#api/generated/core-v1.ts';
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from '../../types.ts';
import { refuse } from '../refuse.ts';
import { invalidLabels, nameOf, policyOf, violations, type LevelVersion } from './level.ts';
import type { Subject } from './subject.ts';

const NAMESPACES = { group: '', resource: 'namespaces' };
/** Pods that a change of a namespace's level looks at; more would take too long. */
const MAX_PODS = 3000;

/** Pod Security Standards: a namespace's labels say which pods it takes (`enforce`), warns of, or notes. */
export function podSecurity(reader: ObjectReader): AdmissionPlugin {
  const labelsOf = (namespace: string): Record<string, string> | undefined => reader.get(NAMESPACES, '', namespace)?.metadata.labels;
  return {
    name: 'PodSecurity',
    handles: ({ operation, resource, subresource }) => {
      if (operation !== 'CREATE' && operation !== 'UPDATE') return false;
      const key = `${resource.group}/${resource.resource}`;
      if (key === '/pods') return subresource === '' || subresource === 'ephemeralcontainers';
      return subresource === '' && (key === '/namespaces' || TEMPLATES[key] !== undefined);
    },
    validate(attributes) {
      const { group, resource } = attributes.resource;
      if (resource === 'namespaces') checkNamespace(attributes, reader);
      else if (resource === 'pods' && group === '') checkPod(attributes, labelsOf(attributes.namespace));
      else checkTemplate(attributes, TEMPLATES[`${group}/${resource}`], labelsOf(attributes.namespace));
    },
  };
}

type Template = (object: KubeObject) => PodTemplateSpec | undefined;
interface WithTemplate extends KubeObject {
  spec?: { template?: PodTemplateSpec; jobTemplate?: { spec?: { template?: PodTemplateSpec } } };
  template?: PodTemplateSpec;
}
const inSpec: Template = (object) => (object as WithTemplate).spec?.template;

const TEMPLATES: Record<string, Template> = {
  '/podtemplates': (object) => (object as WithTemplate).template,
  '/replicationcontrollers': inSpec,
  'apps/daemonsets': inSpec,
  'apps/deployments': inSpec,
  'apps/replicasets': inSpec,
  'apps/statefulsets': inSpec,
  'batch/jobs': inSpec,
  'batch/cronjobs': (object) => (object as WithTemplate).spec?.jobTemplate?.spec?.template,
};

function checkPod(attributes: AdmissionAttributes, labels: Record<string, string> | undefined): void {
  const pod = attributes.object as Pod;
  const old = attributes.oldObject as Pod | undefined;
  if (pod.spec === undefined || (old !== undefined && !isSignificant(pod, old))) return;
  const subject = { metadata: pod.metadata, spec: pod.spec };
  const enforce = policyOf(labels, 'enforce');
  const broken = violations(enforce, subject);
  if (broken !== '') throw refuse(attributes, `violates PodSecurity ${JSON.stringify(nameOf(enforce))}: ${broken}`);
  warn(attributes, policyOf(labels, 'warn'), subject);
}

/** Most updates of a pod change nothing that the checks look at. */
function isSignificant(pod: Pod, old: Pod): boolean {
  if (!objectEqual(pod.spec, old.spec)) return true;
  const appArmor = ({ metadata }: Pod): unknown =>
    Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([name]) => name.startsWith('container.apparmor.')));
  return !objectEqual(appArmor(pod), appArmor(old));
}

/** What makes pods is let through with a warning: its pods are checked when they come. */
function checkTemplate(
  attributes: AdmissionAttributes,
  templateOf: Template | undefined,
  labels: Record<string, string> | undefined,
): void {
  const template = attributes.object === undefined ? undefined : templateOf?.(attributes.object);
  if (template?.spec === undefined) return;
  if (attributes.oldObject !== undefined && objectEqual(templateOf?.(attributes.oldObject), template)) return;
  warn(attributes, policyOf(labels, 'warn'), { metadata: template.metadata ?? {}, spec: template.spec });
}

function warn(attributes: AdmissionAttributes, policy: LevelVersion, subject: Subject): void {
  const broken = violations(policy, subject);
  if (broken !== '') attributes.warn(`would violate PodSecurity ${JSON.stringify(nameOf(policy))}: ${broken}`);
}

function checkNamespace(attributes: AdmissionAttributes, reader: ObjectReader): void {
  const { metadata } = attributes.object as Namespace;
  const old = attributes.oldObject?.metadata;
  const problems = invalidLabels(metadata.labels);
  const fresh = problems.filter(({ label, value }) => old?.labels?.[label] !== value);
  if (fresh.length > 0) {
    const path = root.child('metadata', 'labels');
    throw invalid(
      { group: '', kind: 'Namespace' },
      metadata.name,
      fresh.map(({ label, value, why }) => fieldInvalid(path.key(label), value, why)),
    );
  }
  const now = policyOf(metadata.labels, 'enforce');
  if (attributes.operation !== 'UPDATE' || now.level === 'privileged' || nameOf(now) === nameOf(policyOf(old?.labels, 'enforce'))) return;
  warnOfPods(attributes, now, reader.list({ group: '', resource: 'pods' }, metadata.name) as Iterable<Pod>);
}

/** Pods that are there stay, whatever they break; whoever tightens the level is told. */
function warnOfPods(attributes: AdmissionAttributes, policy: LevelVersion, pods: Iterable<Pod>): void {
  const byViolation = new Map<string, string[]>();
  let seen = 0;
  for (const { metadata, spec } of pods) {
    if (++seen > MAX_PODS) break;
    const broken = spec === undefined ? '' : violations(policy, { metadata, spec }).replaceAll(/ \([^)]*\)/g, '');
    if (broken !== '') byViolation.set(broken, [...(byViolation.get(broken) ?? []), metadata.name]);
  }
  if (byViolation.size === 0) return;
  attributes.warn(
    `existing pods in namespace ${JSON.stringify(attributes.object?.metadata.name)} violate the new PodSecurity enforce level ${JSON.stringify(nameOf(policy))}`,
  );
  for (const [broken, names] of byViolation) attributes.warn(`${describePods(names)}: ${broken}`);
}

function describePods(names: readonly string[]): string {
  const first = names[0] ?? '';
  const others = names.length - 1;
  return others === 0 ? first : `${first} (and ${others} other ${others === 1 ? 'pod' : 'pods'})`;
}
