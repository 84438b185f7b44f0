import type { ServerDuplexStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import { keyTo } from './convert.ts';
import { header, type ServiceGround } from './identity.ts';
import { fromBigInt, type Int64, toBigInt, toNumber } from './messages.ts';
import { unary } from './unary.ts';

interface LeaseRequest {
  ID: Int64;
}

export function leaseService({ etcd, identity }: ServiceGround): UntypedServiceImplementation {
  return {
    LeaseGrant: unary(async (request: LeaseRequest & { TTL: Int64 }) => {
      const { id, ttl } = await etcd.grantLease({ id: toBigInt(request.ID), ttl: toNumber(request.TTL) });
      return { header: header(identity, etcd.revision), ID: fromBigInt(id), TTL: ttl };
    }),
    LeaseRevoke: unary(async (request: LeaseRequest) => {
      const revision = await etcd.revokeLease(toBigInt(request.ID));
      return { header: header(identity, revision) };
    }),
    LeaseKeepAlive: (call: ServerDuplexStream<LeaseRequest, object>) => {
      call.on('data', (request: LeaseRequest) => {
        const ttl = etcd.keepLeaseAlive(toBigInt(request.ID));
        call.write({ header: header(identity, etcd.revision), ID: request.ID, TTL: ttl });
      });
      call.on('end', () => call.end());
      call.on('error', (error) => call.destroy(error));
    },
    LeaseTimeToLive: unary((request: LeaseRequest & { keys: boolean }) => {
      const { grantedTtl, ttl, keys } = etcd.leaseStatus(toBigInt(request.ID), { keys: request.keys });
      const known = { TTL: ttl, grantedTTL: grantedTtl, keys: keys.map(keyTo) };
      return { header: header(identity, etcd.revision), ID: request.ID, ...known };
    }),
    LeaseLeases: unary(() => {
      const leases = etcd.leases().map((id) => ({ ID: fromBigInt(id) }));
      return { header: header(identity, etcd.revision), leases };
    }),
  };
}
