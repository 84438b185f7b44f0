import type { Pod } from '#api/generated/core-v1.ts';
import type { PriorityClass } from '#api/generated/scheduling-v1.ts';
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from '../types.ts';
import { isWriteOf, refuse } from './refuse.ts';

const PRIORITY_CLASSES = { group: 'scheduling.k8s.io', resource: 'priorityclasses' };

/** The priority classes that every cluster has. */
export function systemPriorityClasses(): PriorityClass[] {
  const make = (name: string, value: number, description: string): PriorityClass => ({
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value,
    description,
  });
  return [
    make('system-node-critical', 2000001000, 'Used for system critical pods that must not be moved from their current node.'),
    make(
      'system-cluster-critical',
      2000000000,
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
    ),
  ];
}

/** Turns a pod's priority class into its priority; allows one default class only. */
export function priority(reader: ObjectReader): AdmissionPlugin {
  return {
    name: 'Priority',
    handles: (attributes) =>
      isWriteOf(attributes, '', 'pods', 'CREATE UPDATE') ||
      isWriteOf(attributes, PRIORITY_CLASSES.group, PRIORITY_CLASSES.resource, 'CREATE UPDATE'),
    admit(attributes) {
      if (attributes.resource.resource !== 'pods') return;
      if (attributes.operation === 'CREATE') setPriority(attributes, reader);
      else keepPriority(attributes.object as Pod, attributes.oldObject as Pod | undefined);
    },
    validate(attributes) {
      if (attributes.resource.resource === 'priorityclasses') checkDefault(attributes, reader);
    },
  };
}

function setPriority(attributes: AdmissionAttributes, reader: ObjectReader): void {
  const { spec } = attributes.object as Pod;
  if (spec === undefined) return;
  const chosen = choose(attributes, spec.priorityClassName ?? '', reader);
  if (chosen?.metadata.name) spec.priorityClassName = chosen.metadata.name;
  const value = chosen?.value ?? 0;
  const policy = chosen?.preemptionPolicy ?? 'PreemptLowerPriority';
  if (spec.priority !== undefined && spec.priority !== value) {
    throw refuse(
      attributes,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    );
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    throw refuse(
      attributes,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    );
  }
  spec.priority = value;
  spec.preemptionPolicy = policy;
}

function choose(attributes: AdmissionAttributes, name: string, reader: ObjectReader): PriorityClass | undefined {
  if (name === '') return defaultClass(reader);
  const found =
    (reader.get(PRIORITY_CLASSES, '', name) as PriorityClass | undefined) ??
    systemPriorityClasses().find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw refuse(attributes, `no PriorityClass with name ${name} was found`);
  return found;
}

/** If there should be several, the lowest: nobody jumps the queue by accident. */
function defaultClass(reader: ObjectReader): PriorityClass | undefined {
  let lowest: PriorityClass | undefined;
  for (const candidate of reader.list(PRIORITY_CLASSES) as Iterable<PriorityClass>) {
    if (candidate.globalDefault === true && (lowest === undefined || candidate.value < lowest.value)) lowest = candidate;
  }
  return lowest;
}

/** A client that does not know the fields must not lose them. */
function keepPriority(pod: Pod, old: Pod | undefined): void {
  if (pod.spec === undefined || old?.spec === undefined) return;
  pod.spec.priority ??= old.spec.priority;
  pod.spec.preemptionPolicy ??= old.spec.preemptionPolicy;
}

function checkDefault(attributes: AdmissionAttributes, reader: ObjectReader): void {
  const wanted = attributes.object as PriorityClass;
  if (wanted.globalDefault !== true) return;
  const present = defaultClass(reader);
  if (present !== undefined && present.metadata.name !== wanted.metadata.name) {
    throw refuse(attributes, `PriorityClass ${present.metadata.name} is already marked as default. Only one default can exist`);
  }
}
