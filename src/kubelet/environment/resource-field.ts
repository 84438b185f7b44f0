import type { Container, Pod, ResourceFieldSelector } from '#api/generated/core-v1.ts';
import { milliValue, quantityValue } from '../containers/quantities.ts';
import { podContainers } from '../pods/pod-containers.ts';
import type { NodeFacts } from './field-ref.ts';

function amount(container: Container, resource: string, node: NodeFacts): string {
  const dot = resource.indexOf('.');
  const which = resource.slice(0, dot);
  const name = resource.slice(dot + 1);
  const { requests, limits } = container.resources ?? {};
  if (which === 'limits') return limits?.[name] ?? node.allocatable[name] ?? '0';
  if (which === 'requests') return requests?.[name] ?? '0';
  throw new Error(`unsupported container resource : ${resource}`);
}

/** The container's request or limit, divided by the divisor and rounded up. An absent limit is what the node has. */
export function resourceFieldValue(pod: Pod, own: Container, selector: ResourceFieldSelector, node: NodeFacts): string {
  const container = selector.containerName
    ? [...podContainers(pod)].find((found) => found.container.name === selector.containerName)?.container
    : own;
  if (container === undefined) throw new Error(`container ${selector.containerName} not found`);
  const quantity = amount(container, selector.resource, node);
  const divisor = selector.divisor === undefined || selector.divisor === '0' || selector.divisor === '' ? '1' : selector.divisor;
  if (selector.resource.endsWith('.cpu')) return String(Math.ceil(milliValue(quantity) / milliValue(divisor)));
  return String(Math.ceil(quantityValue(quantity) / quantityValue(divisor)));
}
