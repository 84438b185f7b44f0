import { internalError, notFound, StatusError, type Status } from '#apimachinery';

/** What a node or a container runtime refused, as an answer to the client: its own Status if it sent one. */
export function badGateway(message: string, cause?: unknown, code?: number): StatusError {
  const status = parseStatus(message);
  if (status !== undefined) return new StatusError(status);
  if (code === 404) return new StatusError({ ...notFound({ group: '', resource: 'containers' }, '').status, message });
  if (code === 400) return new StatusError({ code, reason: 'BadRequest', message });
  const error = internalError(cause === undefined ? message : `error dialing backend: ${message}`);
  return new StatusError(error.status);
}

function parseStatus(text: string): Status | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(text) as Partial<Status>;
    return value.kind === 'Status' && typeof value.code === 'number' ? (value as Status) : undefined;
  } catch {
    return undefined;
  }
}
