export { Discovery, type DiscoveryDocument } from './discovery.ts';
export { apiResourcesOf, type ApiResource } from './resources.ts';
export type { AggregatedVersion, DiscoveredElsewhere } from './elsewhere.ts';
