export { startServer, type KubeletServer, type ServerOptions } from './server.ts';
export type { StreamingBridge } from './streams.ts';
