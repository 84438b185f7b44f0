/** Labels of nodes that have got new names: since when, and which. */
const RENAMED: ReadonlyMap<string, readonly [since: string, use: string]> = new Map([
  ['beta.kubernetes.io/arch', ['v1.14', 'kubernetes.io/arch']],
  ['beta.kubernetes.io/os', ['v1.14', 'kubernetes.io/os']],
  ['failure-domain.beta.kubernetes.io/region', ['v1.17', 'topology.kubernetes.io/region']],
  ['failure-domain.beta.kubernetes.io/zone', ['v1.17', 'topology.kubernetes.io/zone']],
  ['beta.kubernetes.io/instance-type', ['v1.17', 'node.kubernetes.io/instance-type']],
]);

/** What to say of a node's label that is on its way out; undefined for any other. */
export function nodeLabelWarning(label: string): string | undefined {
  const renamed = RENAMED.get(label);
  return renamed === undefined ? undefined : `deprecated since ${renamed[0]}; use "${renamed[1]}" instead`;
}
