import { BASELINE } from './baseline.ts';
import { RESTRICTED } from './restricted.ts';
import type { Check, Subject } from './subject.ts';

export type Mode = 'enforce' | 'audit' | 'warn';

/** A level with the version of the standards that was asked for. */
export interface LevelVersion {
  level: 'privileged' | 'baseline' | 'restricted';
  version: string;
}

const PREFIX = 'pod-security.kubernetes.io/';
const CHECKS: Record<LevelVersion['level'], readonly Check[]> = { privileged: [], baseline: BASELINE, restricted: RESTRICTED };

/** What a namespace's labels demand in a mode; a level that is not one counts as the strictest, an odd version as the latest. */
export function policyOf(labels: Readonly<Record<string, string>> | undefined, mode: Mode): LevelVersion {
  const level = labels?.[PREFIX + mode];
  if (level === undefined) return { level: 'privileged', version: 'latest' };
  const version = labels?.[`${PREFIX}${mode}-version`] ?? 'latest';
  return {
    level: level === 'privileged' || level === 'baseline' ? level : 'restricted',
    version: /^v1\.\d+$/.test(version) ? version : 'latest',
  };
}

/** The labels that are not in order, with upstream's words for why. */
export function invalidLabels(
  labels: Readonly<Record<string, string>> | undefined,
): { label: string; value: string; why: string; level: boolean }[] {
  const problems: { label: string; value: string; why: string; level: boolean }[] = [];
  for (const mode of ['enforce', 'audit', 'warn'] as const) {
    const level = labels?.[PREFIX + mode];
    if (level !== undefined && !(level in CHECKS)) {
      problems.push({ label: PREFIX + mode, value: level, why: 'must be one of privileged, baseline, restricted', level: true });
    }
    const version = labels?.[`${PREFIX}${mode}-version`];
    if (version !== undefined && version !== 'latest' && !/^v1\.(0|[1-9]\d*)$/.test(version)) {
      problems.push({ label: `${PREFIX}${mode}-version`, value: version, why: 'must be "latest" or "v1.x"', level: false });
    }
  }
  return problems;
}

/** `restricted:latest`. */
export function nameOf({ level, version }: LevelVersion): string {
  return `${level}:${version}`;
}

/** What of the level the pod breaks, in one line; `''`: nothing. */
export function violations(policy: LevelVersion, subject: Subject): string {
  const findings = CHECKS[policy.level].flatMap((check) => check(subject) ?? []);
  return findings.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ');
}
