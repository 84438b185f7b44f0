import { keyTo } from './convert.ts';
import { header, type ServiceGround } from './identity.ts';
import { fromBigInt, type Int64, toBigInt, toNumber } from './messages.ts';
import { exchange, type Service, unary } from './method.ts';

interface LeaseRequest {
  ID: Int64;
}

export function leaseService({ etcd, identity }: ServiceGround): Service {
  return {
    LeaseGrant: unary(async (request: LeaseRequest & { TTL: Int64 }) => {
      const { id, ttl } = await etcd.grantLease({ id: toBigInt(request.ID), ttl: toNumber(request.TTL) });
      return { header: header(identity, etcd.revision), ID: fromBigInt(id), TTL: ttl };
    }),
    LeaseRevoke: unary(async (request: LeaseRequest) => {
      const revision = await etcd.revokeLease(toBigInt(request.ID));
      return { header: header(identity, revision) };
    }),
    LeaseKeepAlive: exchange((send) => ({
      onMessage(message) {
        const { ID } = message as LeaseRequest;
        const ttl = etcd.keepLeaseAlive(toBigInt(ID));
        send({ header: header(identity, etcd.revision), ID, TTL: ttl });
      },
    })),
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
