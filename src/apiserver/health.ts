/** One thing that has to be well. Throws (or rejects) when it is not. */
export interface HealthCheck {
  name: string;
  /** Part of `/livez` as well; otherwise only of `/readyz`. */
  live: boolean;
  check(): void | Promise<void>;
}

export interface HealthAnswer {
  code: number;
  text: string;
}

/** Answers `/healthz`, `/livez`, `/readyz` and single checks below them (`/readyz/etcd`); undefined for other paths. */
export async function answerHealth(
  checks: readonly HealthCheck[],
  path: string,
  query: URLSearchParams,
): Promise<HealthAnswer | undefined> {
  const [, endpoint = '', name, more] = path.split('/');
  if (!['healthz', 'livez', 'readyz'].includes(endpoint) || more !== undefined) return undefined;
  const all = endpoint === 'readyz' ? checks : checks.filter(({ live }) => live);
  const wanted = name === undefined || name === '' ? all : all.filter((check) => check.name === name);
  if (wanted.length === 0 && name !== undefined && name !== '') return undefined;
  const excluded = new Set(query.getAll('exclude'));
  const lines: string[] = [];
  let isWell = true;
  for (const check of wanted) {
    if (excluded.has(check.name)) {
      lines.push(`[+]${check.name} excluded: ok`);
      continue;
    }
    const well = await passes(check);
    isWell &&= well;
    lines.push(well ? `[+]${check.name} ok` : `[-]${check.name} failed: reason withheld`);
  }
  if (!isWell) return { code: 500, text: `${lines.join('\n')}\n${endpoint} check failed\n` };
  const isVerbose = query.has('verbose');
  return { code: 200, text: isVerbose ? `${lines.join('\n')}\n${endpoint} check passed\n` : 'ok' };
}

async function passes(check: HealthCheck): Promise<boolean> {
  try {
    await check.check();
    return true;
  } catch {
    return false;
  }
}
