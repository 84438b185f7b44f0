import { isNotFound } from '#apimachinery';
import type { Container, EnvFromSource, EnvVar, Pod, Service } from '#api/generated/core-v1.ts';
import type { PodObjects } from '../pod-objects.ts';
import { expand } from './expand.ts';
import { fieldValue, type NodeFacts } from './field-ref.ts';
import { resourceFieldValue } from './resource-field.ts';
import { serviceEnvironment } from './services.ts';

/** Where a container's variables come from. */
export interface EnvironmentSources {
  objects: PodObjects;
  services(): Iterable<Service>;
  node: NodeFacts;
  podIPs: readonly string[];
}

const decode = (base64: string): string => Buffer.from(base64, 'base64').toString();

async function optionally<T>(optional: boolean | undefined, get: () => Promise<T>): Promise<T | undefined> {
  try {
    return await get();
  } catch (error) {
    if (optional === true && isNotFound(error)) return undefined;
    throw error;
  }
}

async function addFrom(result: Map<string, string>, source: EnvFromSource, namespace: string, objects: PodObjects): Promise<void> {
  const { prefix = '', configMapRef, secretRef } = source;
  if (configMapRef !== undefined) {
    const map = await optionally(configMapRef.optional, () => objects.configMap(namespace, configMapRef.name ?? ''));
    for (const [key, value] of Object.entries(map?.data ?? {})) result.set(prefix + key, value);
  }
  if (secretRef !== undefined) {
    const secret = await optionally(secretRef.optional, () => objects.secret(namespace, secretRef.name ?? ''));
    for (const [key, value] of Object.entries(secret?.data ?? {})) result.set(prefix + key, decode(value));
  }
}

/** Undefined: the variable is optional and what it names is absent. */
async function valueFrom(variable: EnvVar, pod: Pod, container: Container, sources: EnvironmentSources): Promise<string | undefined> {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = variable.valueFrom ?? {};
  const { namespace = '' } = pod.metadata;
  if (fieldRef !== undefined) return fieldValue(pod, fieldRef.fieldPath, sources.node, sources.podIPs);
  if (resourceFieldRef !== undefined) return resourceFieldValue(pod, container, resourceFieldRef, sources.node);
  if (configMapKeyRef !== undefined) {
    const { name = '', key, optional } = configMapKeyRef;
    const map = await optionally(optional, () => sources.objects.configMap(namespace, name));
    const value = map?.data?.[key];
    if (value === undefined && optional !== true) throw new Error(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
    return value;
  }
  if (secretKeyRef !== undefined) {
    const { name = '', key, optional } = secretKeyRef;
    const secret = await optionally(optional, () => sources.objects.secret(namespace, name));
    const value = secret?.data?.[key];
    if (value === undefined && optional !== true) throw new Error(`couldn't find key ${key} in Secret ${namespace}/${name}`);
    return value === undefined ? undefined : decode(value);
  }
  return '';
}

/**
 * A container's variables in the order in which they are given to it. Later ones win; Services' variables only fill gaps.
 * Throws with the text that the container's status shows as CreateContainerConfigError.
 */
export async function makeEnvironment(pod: Pod, container: Container, sources: EnvironmentSources): Promise<Map<string, string>> {
  const { namespace = '' } = pod.metadata;
  const services = serviceEnvironment(sources.services(), namespace, pod.spec.enableServiceLinks !== false);
  const result = new Map<string, string>();
  for (const source of container.envFrom ?? []) await addFrom(result, source, namespace, sources.objects);
  const known = new Map([...services, ...result]);
  for (const variable of container.env ?? []) {
    const value =
      variable.valueFrom === undefined ? expand(variable.value ?? '', known) : await valueFrom(variable, pod, container, sources);
    if (value === undefined) continue;
    known.set(variable.name, value);
    result.set(variable.name, value);
  }
  for (const [name, value] of services) if (!result.has(name)) result.set(name, value);
  return result;
}
