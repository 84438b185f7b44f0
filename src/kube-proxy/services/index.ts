export { endpointsOf, type Endpoint } from './endpoints.ts';
export { healthCheckNodePortOf, isExternallyAccessible, servicePortsOf, type Protocol, type ServicePort } from './service-port.ts';
export { usableEndpoints, type NodePlace, type UsableEndpoints } from './usable-endpoints.ts';
