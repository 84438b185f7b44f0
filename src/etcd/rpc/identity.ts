import type { Etcd } from '../types.ts';
import type { Header, Int64 } from './messages.ts';

/** Who answers: what stands in every response's header and in the member list. */
export interface Identity {
  clusterId: Int64;
  memberId: Int64;
  name: string;
  peerUrls: readonly string[];
  clientUrls: readonly string[];
}

/** One member that always leads: the term never changes. */
export const TERM = 1;

export function header(identity: Identity, revision: number): Header {
  return { cluster_id: identity.clusterId, member_id: identity.memberId, revision, raft_term: TERM };
}

/** What a service needs to answer. */
export interface ServiceGround {
  etcd: Etcd;
  identity: Identity;
}
