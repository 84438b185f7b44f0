import { parseQuantity, type Quantity, type QuantityString } from '#apimachinery';
import type { Container, PodSpec } from '#api/generated/core-v1.ts';

export type Quantities = Map<string, Quantity>;

/** Reads a resource list. */
export function quantitiesOf(list: Record<string, QuantityString> | undefined): Quantities {
  return new Map(Object.entries(list ?? {}).map(([name, quantity]) => [name, parseQuantity(quantity)]));
}

/** Adds `more` into `total`. */
function addTo(total: Quantities, more: Quantities): void {
  for (const [name, quantity] of more) {
    const sum = total.get(name);
    total.set(name, sum === undefined ? quantity : sum.add(quantity));
  }
}

function raiseTo(total: Quantities, least: Quantities): void {
  for (const [name, quantity] of least) {
    const present = total.get(name);
    if (present === undefined || present.compare(quantity) < 0) total.set(name, quantity);
  }
}

/** What a pod needs at most at any time: its containers and sidecars together, or one init container beside the sidecars started before it. */
export function podResources(spec: PodSpec, kind: 'requests' | 'limits', options: { overhead: boolean }): Quantities {
  const total: Quantities = new Map();
  for (const container of spec.containers ?? []) addTo(total, quantitiesOf(container.resources?.[kind]));
  const sidecars: Quantities = new Map();
  const starting: Quantities = new Map();
  for (const container of spec.initContainers ?? []) {
    const own = quantitiesOf(container.resources?.[kind]);
    if (isSidecar(container)) {
      addTo(total, own);
      addTo(sidecars, own);
      raiseTo(starting, sidecars);
    } else {
      const beside: Quantities = new Map(sidecars);
      addTo(beside, own);
      raiseTo(starting, beside);
    }
  }
  raiseTo(total, starting);
  for (const [name, quantity] of quantitiesOf(spec.resources?.[kind])) total.set(name, quantity);
  if (options.overhead && spec.overhead !== undefined) addOverhead(total, spec, kind);
  return total;
}

/** Overhead counts into limits only where there is a limit. */
function addOverhead(total: Quantities, spec: PodSpec, kind: 'requests' | 'limits'): void {
  const overhead = quantitiesOf(spec.overhead);
  if (kind === 'limits') {
    for (const name of overhead.keys()) if (!total.has(name)) overhead.delete(name);
  }
  addTo(total, overhead);
}

function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}
