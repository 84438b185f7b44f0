import type { Authenticator, Credentials, ObjectReader, UserInfo } from '../types.ts';
import { bootstrapTokenAuthenticator } from './bootstrap-token.ts';
import { requestHeaderAuthenticator, type RequestHeaderOptions } from './request-header.ts';
import { DEFAULT_ISSUER, serviceAccountAuthenticator } from './service-account.ts';
import { badToken, bearerToken, type TokenAuthenticator } from './token.ts';
import { ALL_AUTHENTICATED, ALL_UNAUTHENTICATED, ANONYMOUS } from './username.ts';
import { x509Authenticator } from './x509.ts';

export interface AuthenticationOptions {
  /** PEM bundle; its certificates authenticate users. */
  clientCa?: string;
  requestHeader?: RequestHeaderOptions;
  /** Keys (PEM, public) and issuers of service account tokens. */
  serviceAccounts?: { keys: readonly string[]; issuers?: readonly string[] };
  /** What tokens must be meant for; default: the issuers. */
  apiAudiences?: readonly string[];
  bootstrapTokens?: boolean;
  /** Default true: a request without credentials is `system:anonymous`, and RBAC decides what that may do. */
  anonymous?: boolean;
  reader: ObjectReader;
}

export interface Authentication {
  /** The user of a request; throws 401 for bad credentials, and for none when anonymous requests are off. */
  authenticate(credentials: Credentials): UserInfo | Promise<UserInfo>;
  /** For TokenReview. Undefined when no authenticator knows such tokens; throws 401 for a bad one. */
  authenticateToken: TokenAuthenticator;
  apiAudiences: readonly string[];
}

/** What authentication reads: its caches must be ready, or tokens that are good look bad. */
export const AUTHENTICATION_READS: readonly { group: string; resource: string }[] = ['serviceaccounts', 'secrets', 'pods', 'nodes'].map(
  (resource) => ({ group: '', resource }),
);

const ANONYMOUS_USER: UserInfo = { name: ANONYMOUS, groups: [ALL_UNAUTHENTICATED] };

/** The API server's authentication: front proxy, client certificate, token, anonymous; the first that knows the user wins. */
export function createAuthentication(options: AuthenticationOptions): Authentication {
  const issuers = options.serviceAccounts?.issuers ?? [DEFAULT_ISSUER];
  const apiAudiences = options.apiAudiences ?? issuers;
  const tokens: TokenAuthenticator[] = [];
  if (options.serviceAccounts !== undefined) {
    tokens.push(serviceAccountAuthenticator({ keys: options.serviceAccounts.keys, issuers, reader: options.reader }));
  }
  if (options.bootstrapTokens !== false) tokens.push(bootstrapTokenAuthenticator(options.reader, apiAudiences));
  const authenticateToken = tokenUnion(tokens);
  const authenticators: Authenticator[] = [];
  if (options.requestHeader !== undefined) authenticators.push(requestHeaderAuthenticator(options.requestHeader));
  if (options.clientCa !== undefined) authenticators.push(x509Authenticator(options.clientCa));
  authenticators.push(bearerAuthenticator(authenticateToken, apiAudiences));
  const anonymous: Authenticator = () => (options.anonymous === false ? undefined : ANONYMOUS_USER);
  const known = new WeakMap<UserInfo, UserInfo>();
  const authenticated = (user: UserInfo): UserInfo => {
    if (user === ANONYMOUS_USER || user.groups.includes(ALL_AUTHENTICATED) || user.groups.includes(ALL_UNAUTHENTICATED)) return user;
    let complete = known.get(user);
    if (complete === undefined) known.set(user, (complete = { ...user, groups: [...user.groups, ALL_AUTHENTICATED] }));
    return complete;
  };
  const all = union([...authenticators, anonymous]);
  return {
    apiAudiences,
    authenticateToken: (token, audiences) => {
      const identity = authenticateToken(token, audiences);
      return identity && { ...identity, user: authenticated(identity.user) };
    },
    authenticate: (credentials) => {
      const user = all(credentials);
      return user instanceof Promise ? user.then((found) => authenticated(found ?? refuse())) : authenticated(user ?? refuse());
    },
  };
}

function refuse(): never {
  throw badToken('the request has no credentials that are known here');
}

function bearerAuthenticator(authenticateToken: TokenAuthenticator, audiences: readonly string[]): Authenticator {
  return ({ headers }) => {
    const token = bearerToken(headers);
    if (token === undefined) return undefined;
    const identity = authenticateToken(token, audiences);
    if (identity === undefined) throw badToken('invalid bearer token');
    return identity.user;
  };
}

/** Asks one after the other and takes the first answer. An authenticator's refusal ends the search. */
function union(authenticators: readonly Authenticator[]): Authenticator {
  return (credentials) => ask(authenticators, 0, credentials);
}

/** Stays synchronous as long as the authenticators do: a request with a certificate never waits a tick. */
function ask(authenticators: readonly Authenticator[], from: number, credentials: Credentials): ReturnType<Authenticator> {
  for (let i = from; i < authenticators.length; i++) {
    const user = authenticators[i]?.(credentials);
    if (user instanceof Promise) return user.then((found) => found ?? ask(authenticators, i + 1, credentials));
    if (user !== undefined) return user;
  }
  return undefined;
}

/** Like `union`, for tokens. */
function tokenUnion(authenticators: readonly TokenAuthenticator[]): TokenAuthenticator {
  return (token, audiences) => {
    for (const authenticate of authenticators) {
      const identity = authenticate(token, audiences);
      if (identity !== undefined) return identity;
    }
    return undefined;
  };
}
