import { controllerOf, type KubeObject, type Labels } from '#apimachinery';
import type { Pod } from '#api/generated/core-v1.ts';
import type { Informer } from '#client';
import { hasLabels } from './selector.ts';

const BY_CONTROLLER = 'controller';
const BY_LABEL = 'label';
const BY_NODE = 'node';

/** Lets `controlledBy` and `orphansIn` find objects. */
export function indexByController<T extends KubeObject>(informer: Informer<T>): void {
  informer.addIndex(BY_CONTROLLER, (object) => controllerOf(object)?.uid ?? orphanKey(object.metadata.namespace));
}

/** The objects whose controller has this uid. Needs `indexByController`. */
export function controlledBy<T extends KubeObject>(informer: Informer<T>, uid: string | undefined): Iterable<T> {
  return informer.byIndex(BY_CONTROLLER, uid ?? '');
}

export function countControlledBy<T extends KubeObject>(informer: Informer<T>, uid: string | undefined): number {
  return informer.countByIndex(BY_CONTROLLER, uid ?? '');
}

/** The objects of a namespace that no controller owns. Needs `indexByController`. */
export function orphansIn<T extends KubeObject>(informer: Informer<T>, namespace: string | undefined): Iterable<T> {
  return informer.byIndex(BY_CONTROLLER, orphanKey(namespace));
}

function orphanKey(namespace: string | undefined): string {
  return `/${namespace ?? ''}`;
}

/** Lets `labelled` find objects. */
export function indexByLabel<T extends KubeObject>(informer: Informer<T>): void {
  informer.addIndex(BY_LABEL, (object) => labelKeys(object.metadata.namespace, object.metadata.labels));
}

/** One text for each label of a namespace's object. */
export function labelKeys(namespace: string | undefined, labels: Labels | undefined): string[] {
  const keys: string[] = [];
  for (const key in labels) keys.push(`${namespace ?? ''}/${key}=${labels[key]}`);
  return keys;
}

/** At most so many objects `labelled` would look through. Needs `indexByLabel`. */
export function countLabelled<T extends KubeObject>(
  informer: Informer<T>,
  namespace: string | undefined,
  labels: Labels | undefined,
): number {
  const counts = labelKeys(namespace, labels).map((key) => informer.countByIndex(BY_LABEL, key));
  return counts.length === 0 ? 0 : Math.min(...counts);
}

/** The objects of a namespace that have all of these labels (at least one): looks through the rarest label's objects only. */
export function labelled<T extends KubeObject>(informer: Informer<T>, namespace: string | undefined, labels: Labels | undefined): T[] {
  const keys = labelKeys(namespace, labels);
  let rarest: string | undefined;
  let least = Infinity;
  for (const key of keys) {
    const count = informer.countByIndex(BY_LABEL, key);
    if (count < least) [rarest, least] = [key, count];
  }
  if (rarest === undefined || least === 0) return [];
  const found: T[] = [];
  for (const object of informer.byIndex(BY_LABEL, rarest)) {
    if (keys.length === 1 || hasLabels(object.metadata.labels, labels)) found.push(object);
  }
  return found;
}

/** Lets `podsOnNode` find pods. */
export function indexByNode(pods: Informer<Pod>): void {
  pods.addIndex(BY_NODE, (pod) => pod.spec.nodeName);
}

export function podsOnNode(pods: Informer<Pod>, node: string): Iterable<Pod> {
  return pods.byIndex(BY_NODE, node);
}
