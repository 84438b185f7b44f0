export { PodProbes } from './pod-probes.ts';
export { probeHttp } from './http-probe.ts';
export { probeTcp } from './dial.ts';
export { headersOf, httpUrl, resolvePort } from './run-probe.ts';
