export { Discovery, type DiscoveryDocument } from './discovery.ts';
export { apiResourcesOf, type ApiResource } from './resources.ts';
