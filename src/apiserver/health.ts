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

const ENDPOINTS = new Set(['healthz', 'livez', 'readyz']);

/** Answers `/healthz`, `/livez`, `/readyz` and single checks below them (`/readyz/etcd`); undefined for other paths. */
export async function answerHealth(
  checks: readonly HealthCheck[],
  path: string,
  query: URLSearchParams,
): Promise<HealthAnswer | undefined> {
  const [endpoint = '', ...rest] = path.slice(1).split('/');
  if (!ENDPOINTS.has(endpoint)) return undefined;
  const mine = endpoint === 'readyz' ? checks : checks.filter(({ live }) => live);
  if (rest.length > 0) return await answerOne(mine.find(({ name }) => name === rest.join('/')));
  return await answerAll(mine, endpoint, new Set(query.getAll('exclude')), query.has('verbose'));
}

async function answerOne(check: HealthCheck | undefined): Promise<HealthAnswer | undefined> {
  if (check === undefined) return undefined;
  const problem = await problemOf(check);
  return problem === undefined ? { code: 200, text: 'ok' } : { code: 500, text: `internal server error: ${problem}\n` };
}

async function answerAll(checks: readonly HealthCheck[], endpoint: string, excluded: Set<string>, verbose: boolean): Promise<HealthAnswer> {
  const problems = await Promise.all(checks.map((check) => (excluded.has(check.name) ? Promise.resolve(undefined) : problemOf(check))));
  const lines = checks.map(({ name }, index) => {
    if (excluded.delete(name)) return `[+]${name} excluded: ok\n`;
    return problems[index] === undefined ? `[+]${name} ok\n` : `[-]${name} failed: reason withheld\n`;
  });
  if (excluded.size > 0) {
    const names = [...excluded].sort().map((name) => JSON.stringify(name));
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names.join(', ')}\n`);
  }
  if (problems.some((problem) => problem !== undefined)) return { code: 500, text: `${lines.join('')}${endpoint} check failed\n` };
  return { code: 200, text: verbose ? `${lines.join('')}${endpoint} check passed\n` : 'ok' };
}

/** What is wrong; undefined: nothing. */
async function problemOf({ check }: HealthCheck): Promise<string | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
