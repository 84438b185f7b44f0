export { serveHealth } from './health-server.ts';
export type { HttpListener } from './http-listener.ts';
export { ProxyMetrics, serveMetrics } from './metrics.ts';
export { ProxyHealth } from './proxy-health.ts';
export { ServiceHealth } from './service-health.ts';
