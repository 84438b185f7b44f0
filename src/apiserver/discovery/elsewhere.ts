/** A group-version that another API server serves behind this one. */
export interface AggregatedVersion {
  group: string;
  version: string;
  /** As aggregated discovery lists them. */
  resources: readonly object[];
  /** `Stale` while the other server cannot be asked. */
  freshness: 'Current' | 'Stale';
}

/** What discovery shows beside the registry, and how everything is ranked. */
export interface DiscoveredElsewhere {
  versions(): AggregatedVersion[];
  /** The higher, the earlier. */
  groupPriority(group: string): number;
  versionPriority(group: string, version: string): number;
  onChange(callback: () => void): void;
}
