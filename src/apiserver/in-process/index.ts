export { inProcessClient, type InProcessOptions } from './in-process-client.ts';
