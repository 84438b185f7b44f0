import type { Endpoint, EndpointPort, EndpointSlice } from '#api/generated/discovery-v1.ts';
import { objectEqual } from '#apimachinery';

/** Endpoints that share their ports. */
export interface EndpointGroup {
  ports: EndpointPort[];
  endpoints: Endpoint[];
}

/** Writes that bring the slices of one address type to what is wanted. Slices in `create` are named by the server. */
export interface SliceChanges {
  create: EndpointSlice[];
  update: EndpointSlice[];
  delete: EndpointSlice[];
}

export interface PackOptions {
  /** Endpoints a slice holds at most. */
  max: number;
  /** A slice as it would be created, without endpoints. */
  blank(ports: EndpointPort[], endpoints: Endpoint[]): EndpointSlice;
  /** The slice with the labels it should have; the same object if it has them. */
  relabel(slice: EndpointSlice): EndpointSlice;
}

/**
 * Distributes endpoints over slices with as few writes as possible: what is in a slice stays there, new endpoints go into
 * slices that have to be written anyway, then into one that has room for all of the rest, then into new slices.
 */
export function packSlices(groups: readonly EndpointGroup[], present: readonly EndpointSlice[], options: PackOptions): SliceChanges {
  const changes: SliceChanges = { create: [], update: [], delete: [] };
  const byPorts = new Map<string, EndpointSlice[]>();
  for (const slice of present) {
    const key = portsKey(slice.ports ?? []);
    byPorts.set(key, [...(byPorts.get(key) ?? []), slice]);
  }
  for (const group of groups) {
    const key = portsKey(group.ports);
    packGroup(group, byPorts.get(key) ?? [], options, changes);
    byPorts.delete(key);
  }
  for (const slices of byPorts.values()) changes.delete.push(...slices);
  keepOne(present, options, changes);
  return changes;
}

/** A Service always has a slice, if only an empty one. */
function keepOne(present: readonly EndpointSlice[], options: PackOptions, changes: SliceChanges): void {
  if (changes.create.length > 0 || changes.delete.length < present.length) return;
  const spared = changes.delete.find((slice) => (slice.endpoints?.length ?? 0) === 0 && !slice.ports?.length);
  if (!spared) {
    changes.create.push(options.blank([], []));
    return;
  }
  changes.delete.splice(changes.delete.indexOf(spared), 1);
  const relabelled = options.relabel(spared);
  if (relabelled !== spared) changes.update.push(relabelled);
}

function packGroup(group: EndpointGroup, slices: readonly EndpointSlice[], options: PackOptions, changes: SliceChanges): void {
  const missing = new Map(group.endpoints.map((endpoint) => [endpointKey(endpoint), endpoint]));
  const dirty: EndpointSlice[] = [];
  const clean: EndpointSlice[] = [];
  for (const slice of slices) {
    const kept = keepWanted(slice, missing, options);
    if (kept === slice) clean.push(slice);
    else dirty.push(kept);
  }
  const left = [...missing.values()];
  for (const slice of dirty) fill(slice, left, options.max);
  if (left.length > 0) useRoom(clean, left, options.max, dirty);
  for (const slice of dirty) (slice.endpoints.length === 0 ? changes.delete : changes.update).push(slice);
  while (left.length > 0) changes.create.push(options.blank(group.ports, left.splice(0, options.max)));
}

/** The same slice when all in it is as wanted, else a copy with what is; found endpoints are taken out of `missing`. */
function keepWanted(slice: EndpointSlice, missing: Map<string, Endpoint>, options: PackOptions): EndpointSlice {
  const endpoints: Endpoint[] = [];
  let changed = false;
  for (const endpoint of slice.endpoints ?? []) {
    const key = endpointKey(endpoint);
    const wanted = missing.get(key);
    changed ||= !wanted || !objectEqual(wanted, endpoint);
    if (wanted) endpoints.push(wanted);
    missing.delete(key);
  }
  const relabelled = options.relabel(slice);
  return changed || endpoints.length === 0 ? { ...relabelled, endpoints } : relabelled === slice ? slice : { ...relabelled, endpoints };
}

function fill(slice: EndpointSlice, left: Endpoint[], max: number): void {
  slice.endpoints.push(...left.splice(0, Math.max(0, max - slice.endpoints.length)));
}

/** One more slice is written if everything that is left fits into it: the fullest that does. */
function useRoom(clean: readonly EndpointSlice[], left: Endpoint[], max: number, dirty: EndpointSlice[]): void {
  const fits = clean.filter((slice) => slice.endpoints.length + left.length <= max);
  const fullest = fits.toSorted((a, b) => b.endpoints.length - a.endpoints.length)[0];
  if (fullest) dirty.push({ ...fullest, endpoints: [...fullest.endpoints, ...left.splice(0)] });
}

function endpointKey({ addresses, targetRef, hostname }: Endpoint): string {
  return `${addresses.join()}|${targetRef?.uid ?? ''}|${hostname ?? ''}`;
}

export function portsKey(ports: readonly EndpointPort[]): string {
  return ports
    .map(({ name, port, protocol, appProtocol }) => `${name ?? ''}/${port ?? ''}/${protocol ?? 'TCP'}/${appProtocol ?? ''}`)
    .sort()
    .join();
}
