import type { EndpointSlice } from '#api/generated/discovery-v1.ts';
import { isNotFound } from '#apimachinery';
import { resources, type Client } from '#client';
import type { Expectations } from '../expectations.ts';
import { isNamespaceTerminating } from '../pods/pod-control.ts';
import type { SliceChanges } from './pack.ts';

export const SERVICE_NAME = 'kubernetes.io/service-name';
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
export const MAX_ENDPOINTS = 100;

/** Carries out the changes; `changed` is the time of what caused them, and goes into each slice that is written. */
export async function writeSlices(
  client: Client,
  key: string,
  changes: SliceChanges,
  expectations: Expectations<EndpointSlice>,
  changed: { annotation: string; time: string } | undefined,
): Promise<void> {
  const slices = client.resource(resources.endpointSlices);
  const stamp = (slice: EndpointSlice): EndpointSlice => stamped(slice, changed);
  try {
    for (const slice of changes.create) expectations.wrote(key, await slices.create(stamp(slice)));
  } catch (error) {
    if (isNamespaceTerminating(error)) return;
    throw error;
  }
  for (const slice of changes.update) expectations.wrote(key, await slices.update(stamp(slice)));
  for (const { metadata } of changes.delete) {
    try {
      await slices.delete(metadata, { preconditions: { uid: metadata.uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    expectations.deleted(key, { metadata });
  }
}

function stamped(slice: EndpointSlice, changed: { annotation: string; time: string } | undefined): EndpointSlice {
  const { [changed?.annotation ?? '']: _, ...others } = slice.metadata.annotations ?? {};
  if (!changed) return slice;
  const annotations = changed.time ? { ...others, [changed.annotation]: changed.time } : others;
  return { ...slice, metadata: { ...slice.metadata, annotations } };
}
