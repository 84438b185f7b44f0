import type { TokenRequest } from '#api/generated/authentication-v1.ts';
import type { Authentication, TokenIssuer } from '../authn/index.ts';
import type { Authorization } from '../authz/index.ts';
import type { VirtualCreate } from './operations.ts';
import { reviews } from './reviews/index.ts';

export interface VirtualOptions {
  authentication: Authentication;
  authorization: Authorization;
  tokens: TokenIssuer;
}

/** Everything that is created but never stored: token requests and reviews. */
export function virtualResources({ authentication, authorization, tokens }: VirtualOptions): Readonly<Record<string, VirtualCreate>> {
  return {
    ...reviews({ authentication, authorization }),
    'serviceaccounts/token': (object, { info, now }) => tokens({ namespace: info.namespace, name: info.name }, object as TokenRequest, now),
  };
}
