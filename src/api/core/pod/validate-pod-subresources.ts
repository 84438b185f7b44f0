import { fieldForbidden, fieldInvalid, objectEqual, root, type FieldError } from '#apimachinery';
import type { Container, Pod, PodSpec } from '../../generated/core-v1.ts';
import { describeChanges } from './describe-changes.ts';
import { isSidecar } from './pod-status-text.ts';
import { qosClassOf } from './qos.ts';

const SPEC = root.child('spec');
/** How the API names the object as a whole. */
const WHOLE = '[]';
const MIRROR = 'kubernetes.io/config.mirror';
const RESIZABLE: ReadonlySet<string> = new Set(['cpu', 'memory']);

/** Ephemeral containers can be added; those that are there stay as they are. */
export function validateEphemeralContainersUpdate({ spec }: Pod, { spec: old, metadata }: Pod): FieldError[] {
  const path = SPEC.child('ephemeralContainers');
  if (metadata.annotations?.[MIRROR] !== undefined) {
    return [fieldForbidden(WHOLE, 'static pods do not support ephemeral containers')];
  }
  const errors: FieldError[] = [];
  for (const before of old.ephemeralContainers ?? []) {
    const index = spec.ephemeralContainers?.findIndex(({ name }) => name === before.name) ?? -1;
    if (index < 0) errors.push(fieldForbidden(path, `existing ephemeral containers "${before.name}" may not be removed\n`));
    else if (!objectEqual(spec.ephemeralContainers?.[index], before)) {
      const changes = describeChanges(before, spec.ephemeralContainers?.[index] ?? {});
      errors.push(fieldForbidden(path, `existing ephemeral containers "${before.name}" may not be changed\n${changes}`));
    }
  }
  return errors;
}

/** Containers may get more or less cpu and memory, as long as the pod stays in its class. */
export function validateResize({ spec }: Pod, old: Pod): FieldError[] {
  if (old.metadata.annotations?.[MIRROR] !== undefined) return [fieldForbidden(WHOLE, 'static pods cannot be resized')];
  const errors: FieldError[] = [];
  const qos = qosClassOf(spec);
  if (qos !== qosClassOf(old.spec)) errors.push(fieldInvalid(SPEC, qos, 'Pod QOS Class may not change as a result of resizing'));
  for (const field of ['containers', 'initContainers'] as const) {
    spec[field]?.forEach((container, index) => {
      const before = old.spec[field]?.[index];
      if (before !== undefined) validateNothingRemoved(container, before, field, index, errors);
    });
  }
  const plain = (spec.initContainers ?? []).filter((container) => !isSidecar(container));
  if (
    !objectEqual(
      plain,
      (old.spec.initContainers ?? []).filter((container) => !isSidecar(container)),
    )
  ) {
    errors.push(fieldForbidden(SPEC, 'resources for non-sidecar init containers are immutable'));
  }
  if (!objectEqual(withoutResizable(spec), withoutResizable(old.spec))) {
    errors.push(fieldForbidden(SPEC, 'only cpu and memory resources are mutable'));
  }
  return errors;
}

function validateNothingRemoved(
  { resources }: Container,
  before: Container,
  field: 'containers' | 'initContainers',
  index: number,
  errors: FieldError[],
): void {
  for (const list of ['limits', 'requests'] as const) {
    for (const name in before.resources?.[list]) {
      if (!RESIZABLE.has(name) || resources?.[list]?.[name] !== undefined) continue;
      errors.push(fieldForbidden(SPEC.child(field).index(index).child('resources', list), `resource ${list} cannot be removed`));
    }
  }
}

function withoutResizable(spec: PodSpec): PodSpec {
  const strip = (container: Container): Container => ({
    ...container,
    resizePolicy: undefined,
    resources: { ...container.resources, limits: rest(container.resources?.limits), requests: rest(container.resources?.requests) },
  });
  return { ...spec, containers: spec.containers.map(strip), initContainers: spec.initContainers?.map(strip) };
}

function rest(list: Record<string, string> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(list ?? {}).filter(([name]) => !RESIZABLE.has(name)));
}
