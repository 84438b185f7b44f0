import type { Taint, Toleration } from '#api/generated/core-v1.ts';

/** Whether a toleration is meant for a taint: an empty key with `Exists` for every one, an empty effect for all effects. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  switch (toleration.operator ?? 'Equal') {
    case 'Exists':
      return true;
    case 'Equal':
    case '':
      return Boolean(toleration.key) && (toleration.value ?? '') === (taint.value ?? '');
    default:
      return false;
  }
}

/** For how many seconds the taint is tolerated: 0 not at all, Infinity for ever. Of several tolerations the shortest time counts. */
export function timeTolerated(taint: Taint, tolerations: readonly Toleration[]): number {
  const fitting = tolerations.filter((toleration) => tolerates(toleration, taint));
  if (fitting.length === 0) return 0;
  return Math.min(...fitting.map(({ tolerationSeconds }) => Math.max(0, tolerationSeconds ?? Infinity)));
}
