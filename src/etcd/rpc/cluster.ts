import { EtcdError } from '../errors.ts';
import { header, type ServiceGround } from './identity.ts';
import { type Service, unary } from './method.ts';

const UNIMPLEMENTED = 12;

/** The embedded store is one member and stays it. */
const alone = unary(() => {
  throw new EtcdError(UNIMPLEMENTED, 'etcdserver: the embedded store has one member; for more, use a real etcd cluster');
});

export function clusterService({ etcd, identity }: ServiceGround): Service {
  return {
    MemberList: unary(() => {
      const { memberId, name, peerUrls, clientUrls } = identity;
      const member = { ID: memberId, name, peerURLs: [...peerUrls], clientURLs: [...clientUrls] };
      return { header: header(identity, etcd.revision), members: [member] };
    }),
    MemberAdd: alone,
    MemberRemove: alone,
    MemberUpdate: alone,
    MemberPromote: alone,
  };
}
