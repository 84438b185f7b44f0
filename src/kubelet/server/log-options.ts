/** What part of a container's log is wanted. */
export interface LogOptions {
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  tailLines?: number;
  limitBytes?: number;
  /** Milliseconds since 1970. */
  since?: number;
  stream: 'All' | 'Stdout' | 'Stderr';
}

/** A request that cannot be answered; `code` is HTTP's. */
export class BadLogRequest extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'BadLogRequest';
    this.code = code;
  }
}

function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== 'false' && value !== '0';
}

function count(query: URLSearchParams, name: string, min: number): number | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  const number = Number(value);
  if (!Number.isInteger(number) || number < min)
    throw new BadLogRequest(400, `invalid value for ${name}: ${JSON.stringify(value)}: must be greater than or equal to ${min}`);
  return number;
}

/** Reads the options of a log request. Throws `BadLogRequest`. */
export function parseLogOptions(query: URLSearchParams, now = Date.now()): LogOptions {
  const sinceSeconds = count(query, 'sinceSeconds', 1);
  const sinceTime = query.get('sinceTime');
  if (sinceSeconds !== undefined && sinceTime !== null)
    throw new BadLogRequest(400, 'at most one of `sinceTime` or `sinceSeconds` may be specified');
  const since = sinceTime === null ? (sinceSeconds === undefined ? undefined : now - sinceSeconds * 1000) : Date.parse(sinceTime);
  if (Number.isNaN(since)) throw new BadLogRequest(400, `invalid value for sinceTime: ${JSON.stringify(sinceTime)}`);
  const stream = query.get('stream') ?? 'All';
  if (stream !== 'All' && stream !== 'Stdout' && stream !== 'Stderr')
    throw new BadLogRequest(400, `invalid value for stream: ${JSON.stringify(stream)}`);
  return {
    follow: flag(query, 'follow'),
    previous: flag(query, 'previous'),
    timestamps: flag(query, 'timestamps'),
    tailLines: count(query, 'tailLines', 0),
    limitBytes: count(query, 'limitBytes', 1),
    since,
    stream,
  };
}
