import type { Node, Pod, Toleration } from '#api/generated/core-v1.ts';
import type { RuntimeClass } from '#api/generated/node-v1.ts';
import { objectEqual } from '#apimachinery';
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from '../types.ts';
import { isWriteOf, refuse } from './refuse.ts';

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
/** How long (s) a pod stays on a node that has gone silent. */
const TOLERATION_SECONDS = 300;

/** A new node takes no pods until it has said that it is ready. */
export function taintNodesByCondition(): AdmissionPlugin {
  return {
    name: 'TaintNodesByCondition',
    handles: (attributes) => isWriteOf(attributes, '', 'nodes'),
    admit({ object }) {
      const node = object as Node;
      const taints = node.spec?.taints ?? [];
      if (taints.some(({ key, effect }) => key === NOT_READY && effect === 'NoSchedule')) return;
      node.spec = { ...node.spec, taints: [...taints, { key: NOT_READY, effect: 'NoSchedule' }] };
    },
  };
}

/** Pods tolerate a silent node for five minutes unless they say something else. */
export function defaultTolerationSeconds(): AdmissionPlugin {
  return {
    name: 'DefaultTolerationSeconds',
    handles: (attributes) => isWriteOf(attributes, '', 'pods', 'CREATE UPDATE'),
    admit({ object }) {
      const { spec } = object as Pod;
      if (spec === undefined) return;
      for (const key of [NOT_READY, UNREACHABLE]) {
        if (spec.tolerations?.some((toleration) => tolerates(toleration, key))) continue;
        spec.tolerations = [
          ...(spec.tolerations ?? []),
          { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: TOLERATION_SECONDS },
        ];
      }
    },
  };
}

function tolerates({ key, effect }: Toleration, taint: string): boolean {
  return (key === taint || !key) && (effect === 'NoExecute' || !effect);
}

/** Gives a pod what its RuntimeClass says: overhead, where it may run. */
export function runtimeClass(reader: ObjectReader): AdmissionPlugin {
  const find = (attributes: AdmissionAttributes): RuntimeClass | undefined => {
    const name = (attributes.object as Pod).spec?.runtimeClassName;
    if (!name) return undefined;
    const found = reader.get({ group: 'node.k8s.io', resource: 'runtimeclasses' }, '', name) as RuntimeClass | undefined;
    if (found === undefined) throw refuse(attributes, `pod rejected: RuntimeClass "${name}" not found`);
    return found;
  };
  return {
    name: 'RuntimeClass',
    handles: (attributes) => isWriteOf(attributes, '', 'pods'),
    admit(attributes) {
      const found = find(attributes);
      if (found !== undefined) applyClass(attributes, attributes.object as Pod, found);
    },
    validate(attributes) {
      const overhead = find(attributes)?.overhead?.podFixed;
      const { spec } = attributes.object as Pod;
      if (overhead !== undefined && !objectEqual(spec?.overhead, overhead)) {
        throw refuse(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
      }
      if (overhead === undefined && spec?.overhead !== undefined && Object.keys(spec.overhead).length > 0) {
        throw refuse(attributes, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
      }
    },
  };
}

function applyClass(attributes: AdmissionAttributes, { spec }: Pod, { overhead, scheduling }: RuntimeClass): void {
  if (spec === undefined) return;
  if (overhead?.podFixed !== undefined) {
    if (spec.overhead !== undefined && !objectEqual(spec.overhead, overhead.podFixed)) {
      throw refuse(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
    }
    spec.overhead = { ...overhead.podFixed };
  }
  for (const [label, value] of Object.entries(scheduling?.nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[label];
    if (own !== undefined && own !== value) {
      throw refuse(
        attributes,
        `conflict: runtimeClass.scheduling.nodeSelector[${label}] = ${value}; pod.spec.nodeSelector[${label}] = ${own}`,
      );
    }
    spec.nodeSelector = { ...spec.nodeSelector, [label]: value };
  }
  const added = (scheduling?.tolerations ?? []).filter((toleration) => !spec.tolerations?.some((own) => objectEqual(own, toleration)));
  if (added.length > 0) spec.tolerations = [...(spec.tolerations ?? []), ...structuredClone(added)];
}
