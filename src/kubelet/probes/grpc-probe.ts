import { Client, Metadata, credentials, status } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { failure, success, type ProbeResult } from './probe-result.ts';

const HEALTH_PROTO = `
syntax = "proto3";
package grpc.health.v1;
message HealthCheckRequest { string service = 1; }
message HealthCheckResponse { enum ServingStatus { UNKNOWN = 0; SERVING = 1; NOT_SERVING = 2; SERVICE_UNKNOWN = 3; } ServingStatus status = 1; }
`;

const CHECK = '/grpc.health.v1.Health/Check';

/** Asks the standard gRPC health service. */
export function probeGrpc(host: string, port: number, service: string, timeoutMs: number): Promise<ProbeResult> {
  const root = protobuf.parse(HEALTH_PROTO).root;
  const requestType = root.lookupType('grpc.health.v1.HealthCheckRequest');
  const responseType = root.lookupType('grpc.health.v1.HealthCheckResponse');
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const client = new Client(address, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.primary_user_agent': 'kube-probe/1.36',
  });
  const { promise, resolve } = Promise.withResolvers<ProbeResult>();
  client.makeUnaryRequest(
    CHECK,
    (value: { service: string }) => Buffer.from(requestType.encode(value).finish()),
    (bytes: Buffer) => responseType.toObject(responseType.decode(bytes), { enums: String, defaults: true }) as { status: string },
    { service },
    new Metadata(),
    { deadline: Date.now() + timeoutMs },
    (error, response) => {
      client.close();
      if (error === null)
        resolve(
          response?.status === 'SERVING' ? success('service healthy') : failure(`service unhealthy (responded with "${response?.status}")`),
        );
      else if (error.code === status.UNIMPLEMENTED)
        resolve(failure(`this server does not implement the grpc health protocol (grpc.health.v1.Health): ${error.details}`));
      else if (error.code === status.UNAVAILABLE || error.code === status.DEADLINE_EXCEEDED)
        resolve(
          failure(`timeout: failed to connect service ${JSON.stringify(address)} within ${timeoutMs / 1000}s: context deadline exceeded`),
        );
      else resolve(failure(`error: health rpc probe failed: ${error.message}`));
    },
  );
  return promise;
}
