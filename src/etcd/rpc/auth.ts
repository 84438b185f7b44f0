import { EtcdError } from '../errors.ts';
import { header, type ServiceGround } from './identity.ts';
import { type Service, unary } from './method.ts';

const FAILED_PRECONDITION = 9;
const UNIMPLEMENTED = 12;

/** Users and roles are not kept: who may come in is decided by certificates. */
export function authService({ etcd, identity }: ServiceGround): Service {
  return {
    AuthStatus: unary(() => ({ header: header(identity, etcd.revision), enabled: false, authRevision: 1 })),
    Authenticate: unary(() => {
      throw new EtcdError(FAILED_PRECONDITION, 'etcdserver: authentication is not enabled');
    }),
    AuthEnable: unary(() => {
      throw new EtcdError(UNIMPLEMENTED, 'etcdserver: the embedded store has no users; client certificates are its lock');
    }),
    AuthDisable: unary(() => ({ header: header(identity, etcd.revision) })),
  };
}
