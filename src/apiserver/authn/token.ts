import { unauthorized } from '#apimachinery';
import type { Credentials, UserInfo } from '../types.ts';

/** A token that was found to be good. */
export interface TokenIdentity {
  user: UserInfo;
  /** Those of the audiences asked for that the token is meant for. */
  audiences: readonly string[];
}

/** Answers undefined for a token of another sort; throws 401 (with the cause) for a bad one of its own. */
export type TokenAuthenticator = (token: string, audiences: readonly string[]) => TokenIdentity | undefined;

/** 401 as the client sees it; `why` is for the server's log only, as telling it would help to forge. */
export function badToken(why: string): Error {
  const error = unauthorized();
  error.cause = new Error(why);
  return error;
}

const WEBSOCKET_PROTOCOL = 'base64url.bearer.authorization.k8s.io.';

/** The bearer token of a request: from the Authorization header or, as browsers must, from a WebSocket subprotocol. */
export function bearerToken(headers: Credentials['headers']): string | undefined {
  const authorization = first(headers['authorization']);
  if (authorization !== undefined) {
    const space = authorization.indexOf(' ');
    if (space > 0 && authorization.slice(0, space).toLowerCase() === 'bearer') return authorization.slice(space + 1).trim() || undefined;
  }
  const protocols = headers['sec-websocket-protocol'];
  return protocols === undefined ? undefined : webSocketToken(protocols);
}

function first(value: string | string[] | undefined): string | undefined {
  return typeof value === 'object' ? value[0] : value;
}

function webSocketToken(protocols: string | string[]): string | undefined {
  const names = (typeof protocols === 'string' ? [protocols] : protocols).flatMap((line) => line.split(',')).map((name) => name.trim());
  const token = names.find((name) => name.startsWith(WEBSOCKET_PROTOCOL));
  // Without another protocol there is nothing to answer with but the token itself.
  if (token === undefined || names.length < 2) return undefined;
  return Buffer.from(token.slice(WEBSOCKET_PROTOCOL.length), 'base64url').toString('utf8');
}
