import type { Pod, Service } from '#api/generated/core-v1.ts';
import { keyOf } from '#client';
import { readyCondition } from '../pods/pod-state.ts';

/** How objects tell which change made them as they are: for measuring how long a change takes to reach the network. */
export const LAST_CHANGE_TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

interface Known {
  service: string | undefined;
  pods: Map<string, string>;
}

/** Finds the earliest change of a Service or its pods since its endpoints were computed last. */
export class TriggerTimes {
  readonly #known = new Map<string, Known>();

  /** The time of the earliest change since the last call; undefined when nothing has a new time. */
  compute(service: Service, pods: readonly Pod[]): string | undefined {
    const key = keyOf(service);
    const before = this.#known.get(key);
    const now: Known = { service: service.metadata.creationTimestamp, pods: new Map() };
    let earliest: string | undefined = before?.service === now.service ? undefined : now.service;
    for (const pod of pods) {
      const time = readyCondition(pod)?.lastTransitionTime ?? pod.metadata.creationTimestamp;
      if (!time) continue;
      now.pods.set(pod.metadata.name, time);
      const old = before?.pods.get(pod.metadata.name);
      const isNews = before !== undefined && (old === undefined || old < time);
      if (isNews && (earliest === undefined || time < earliest)) earliest = time;
    }
    this.#known.set(key, now);
    return earliest;
  }

  forget(key: string): void {
    this.#known.delete(key);
  }
}
