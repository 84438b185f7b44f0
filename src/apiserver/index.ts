export { startApiServer, type ApiServer } from './server.ts';
export type { ApiServerOptions, ApiServerPki } from './options.ts';
export type { UserInfo } from './types.ts';
export type { ConnectHandler } from './streams/types.ts';
