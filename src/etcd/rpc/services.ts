import { codec } from './messages.ts';
import type { BoundMethod, Service } from './method.ts';

type Shape = [request: string, response: string];

/** Every method that is served: `<service>.<method>` → its messages. */
const METHODS = {
  KV: {
    Range: ['RangeRequest', 'RangeResponse'],
    Put: ['PutRequest', 'PutResponse'],
    DeleteRange: ['DeleteRangeRequest', 'DeleteRangeResponse'],
    Txn: ['TxnRequest', 'TxnResponse'],
    Compact: ['CompactionRequest', 'OnlyHeader'],
  },
  Watch: { Watch: ['WatchRequest', 'WatchResponse'] },
  Lease: {
    LeaseGrant: ['LeaseGrantRequest', 'LeaseGrantResponse'],
    LeaseRevoke: ['LeaseRevokeRequest', 'OnlyHeader'],
    LeaseKeepAlive: ['LeaseKeepAliveRequest', 'LeaseKeepAliveResponse'],
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
    Snapshot: ['Anything', 'SnapshotResponse'],
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

/** The services' methods by their paths. */
export function methodsByPath(services: Record<ServiceName, Service>): Map<string, BoundMethod> {
  const methods = new Map<string, BoundMethod>();
  for (const [service, shapes] of Object.entries(METHODS) as [ServiceName, Record<string, Shape>][])
    for (const [name, [request, response]] of Object.entries(shapes)) {
      const method = services[service][name];
      if (method !== undefined)
        methods.set(`/etcdserverpb.${service}/${name}`, method({ request: codec(request), response: codec(response) }));
    }
  return methods;
}
