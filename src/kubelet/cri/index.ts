export * from './cri-client.ts';
export * from './cri-error.ts';
export { GrpcChannel, parseProtocol } from './grpc-channel.ts';
export * from './messages.ts';
export * from './services.ts';
export * from './simulated/simulated-runtime.ts';
