import type { ClusterState } from '../cluster/cluster-state.ts';
import type { NodeInfo } from '../cluster/node-info.ts';
import type { PodInfo } from '../cluster/pod-info.ts';

/** Why a node will not do. */
export interface Rejection {
  reason: string;
  /** Removing pods from the node could help. */
  resolvable: boolean;
  /** So could pods that are placed or labelled. */
  dependsOnOthers?: true;
}

/** What happens to a cluster and can make a pod fit that did not. */
export type ClusterChange = 'node' | 'podGone' | 'podPlaced' | 'volume';

export const ANY_CHANGE: ReadonlySet<ClusterChange> = new Set(['node', 'podGone', 'podPlaced', 'volume']);

/** What a plugin has to say about one pod; made once for the pod, then asked about many nodes. */
export interface Opinion {
  /** Undefined: the node will do. */
  filter?(node: NodeInfo): Rejection | undefined;
  score?: Scorer;
}

export interface Scorer {
  weight: number;
  score(node: NodeInfo): number;
  /** Brings raw scores to 0…100, in place; absent where they are already. */
  normalize?(scores: number[]): void;
}

/** One concern of scheduling. */
export interface Plugin {
  readonly name: string;
  /** Undefined: it has nothing to say about this pod. A Rejection: no node at all will do. */
  prepare(pod: PodInfo, cluster: ClusterState): Opinion | Rejection | undefined;
}

export function isRejection(value: Opinion | Rejection): value is Rejection {
  return 'reason' in value;
}

export const MAX_SCORE = 100;

/** Scales so that the highest becomes 100; `reverse`: so that the highest becomes 0. */
export function normalizeByMax(scores: number[], reverse: boolean): void {
  const highest = Math.max(0, ...scores);
  for (let i = 0; i < scores.length; i++) {
    const scaled = highest === 0 ? 0 : Math.floor(((scores[i] as number) * MAX_SCORE) / highest);
    scores[i] = reverse ? MAX_SCORE - scaled : scaled;
  }
}
