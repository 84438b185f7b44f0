import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { codec } from './messages.ts';

type Shape = [request: string, response: string, streams?: 'request' | 'response' | 'both'];

/** Every method that is served: `<service>.<method>` → its messages and which side streams. */
const METHODS = {
  KV: {
    Range: ['RangeRequest', 'RangeResponse'],
    Put: ['PutRequest', 'PutResponse'],
    DeleteRange: ['DeleteRangeRequest', 'DeleteRangeResponse'],
    Txn: ['TxnRequest', 'TxnResponse'],
    Compact: ['CompactionRequest', 'OnlyHeader'],
  },
  // Its events are encoded once for all watches: on the wire a message and its bytes are the same.
  Watch: { Watch: ['WatchRequest', 'EncodedWatchResponse', 'both'] },
  Lease: {
    LeaseGrant: ['LeaseGrantRequest', 'LeaseGrantResponse'],
    LeaseRevoke: ['LeaseRevokeRequest', 'OnlyHeader'],
    LeaseKeepAlive: ['LeaseKeepAliveRequest', 'LeaseKeepAliveResponse', 'both'],
    LeaseTimeToLive: ['LeaseTimeToLiveRequest', 'LeaseTimeToLiveResponse'],
    LeaseLeases: ['LeaseLeasesRequest', 'LeaseLeasesResponse'],
  },
  Cluster: {
    MemberList: ['MemberListRequest', 'MemberListResponse'],
    MemberAdd: ['Anything', 'OnlyHeader'],
    MemberRemove: ['Anything', 'OnlyHeader'],
    MemberUpdate: ['Anything', 'OnlyHeader'],
    MemberPromote: ['Anything', 'OnlyHeader'],
  },
  Maintenance: {
    Alarm: ['AlarmRequest', 'AlarmResponse'],
    Status: ['Anything', 'StatusResponse'],
    Defragment: ['Anything', 'OnlyHeader'],
    Hash: ['Anything', 'HashResponse'],
    HashKV: ['HashKVRequest', 'HashKVResponse'],
    Snapshot: ['Anything', 'SnapshotResponse', 'response'],
    MoveLeader: ['Anything', 'OnlyHeader'],
  },
  Auth: {
    AuthStatus: ['Anything', 'AuthStatusResponse'],
    Authenticate: ['Anything', 'OnlyHeader'],
    AuthEnable: ['Anything', 'OnlyHeader'],
    AuthDisable: ['Anything', 'OnlyHeader'],
  },
} satisfies Record<string, Record<string, Shape>>;

export type ServiceName = keyof typeof METHODS;

/** How grpc-js wants a service described. */
export function serviceDefinition(service: ServiceName): ServiceDefinition {
  const methods = Object.entries(METHODS[service] as Record<string, Shape>);
  return Object.fromEntries(methods.map(([method, shape]) => [method, methodDefinition(service, method, shape)]));
}

function methodDefinition(service: string, method: string, [request, response, streams]: Shape): MethodDefinition<object, object> {
  const input = codec<object>(request);
  const output = codec<object>(response);
  return {
    path: `/etcdserverpb.${service}/${method}`,
    requestStream: streams === 'request' || streams === 'both',
    responseStream: streams === 'response' || streams === 'both',
    requestSerialize: input.encode,
    requestDeserialize: input.decode,
    responseSerialize: output.encode,
    responseDeserialize: output.decode,
  };
}
