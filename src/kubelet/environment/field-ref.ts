import type { Pod } from '#api/generated/core-v1.ts';

/** What a pod's own fields cannot tell. */
export interface NodeFacts {
  nodeName: string;
  hostIPs: readonly string[];
  /** By resource name: `cpu`, `memory`, `ephemeral-storage`. */
  allocatable: Readonly<Record<string, string>>;
}

function subscript(path: string): { field: string; key: string } | undefined {
  const match = /^(metadata\.(?:labels|annotations))\['(.*)'\]$/.exec(path);
  return match === null ? undefined : { field: match[1] ?? '', key: match[2] ?? '' };
}

/** Labels or annotations as the downward API writes them into a file: `key="value"` a line, sorted. */
function formatMap(map: Record<string, string> = {}): string {
  const lines = Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`);
  return lines.join('\n');
}

/** The value of a downward API field. Throws for fields that it does not know. */
export function fieldValue(pod: Pod, fieldPath: string, node: NodeFacts, podIPs: readonly string[]): string {
  const { metadata, spec } = pod;
  const part = subscript(fieldPath);
  if (part !== undefined) {
    const map = part.field === 'metadata.labels' ? metadata.labels : metadata.annotations;
    return map?.[part.key] ?? '';
  }
  switch (fieldPath) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid ?? '';
    case 'metadata.labels':
      return formatMap(metadata.labels);
    case 'metadata.annotations':
      return formatMap(metadata.annotations);
    case 'spec.nodeName':
      return spec.nodeName ?? node.nodeName;
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? '';
    case 'status.hostIP':
      return node.hostIPs[0] ?? '';
    case 'status.hostIPs':
      return node.hostIPs.join(',');
    case 'status.podIP':
      return podIPs[0] ?? '';
    case 'status.podIPs':
      return podIPs.join(',');
    default:
      throw new Error(`unsupported fieldPath: ${fieldPath}`);
  }
}
