import { badRequest } from '#apimachinery';
import { forbiddenError } from '../authz/forbidden.ts';
import type { AuthorizationAttributes, Authorizer, Credentials, UserInfo } from '../types.ts';
import { extraHeaders, headerValues } from './request-header.ts';
import { ALL_AUTHENTICATED, ALL_UNAUTHENTICATED, ANONYMOUS, parseServiceAccountUsername, serviceAccountGroups } from './username.ts';

const EXTRA = 'impersonate-extra-';
const AUTHENTICATION = 'authentication.k8s.io';

interface Wish {
  user: string;
  groups: string[];
  uid: string | undefined;
  extra: Record<string, string[]>;
}

/**
 * The user that a request is to be handled as: another one where the client asks for it with `Impersonate-…` headers and
 * may, else the client itself. Throws 403 and 400.
 */
export function impersonate(user: UserInfo, headers: Credentials['headers'], authorize: Authorizer): UserInfo | Promise<UserInfo> {
  const wish = readWish(headers);
  return wish === undefined ? user : asked(user, wish, authorize);
}

function readWish(headers: Credentials['headers']): Wish | undefined {
  let any = false;
  for (const name in headers) {
    if (name.startsWith('impersonate-')) any = true;
  }
  if (!any) return undefined;
  const wish: Wish = {
    user: headerValues(headers['impersonate-user'])[0] ?? '',
    groups: separate(headers['impersonate-group']),
    uid: headerValues(headers['impersonate-uid'])[0],
    extra: Object.fromEntries(Object.entries(extraHeaders(headers, EXTRA)).map(([key, values]) => [key, separate(values)])),
  };
  const others = wish.groups.length > 0 || wish.uid !== undefined || Object.keys(wish.extra).length > 0;
  if (wish.user === '' && others) throw badRequest('requested groups, uid or extra fields without impersonating a user');
  return wish.user === '' ? undefined : wish;
}

/**
 * Node.js puts the values of a header that came several times into one text. To take them apart again cannot give more
 * than was meant: each part is authorized on its own.
 */
function separate(value: string | string[] | undefined): string[] {
  return headerValues(value).flatMap((text) => text.split(', '));
}

async function asked(user: UserInfo, wish: Wish, authorize: Authorizer): Promise<UserInfo> {
  for (const target of targets(wish)) {
    const attributes: AuthorizationAttributes = {
      user,
      verb: 'impersonate',
      isResource: true,
      path: '',
      version: 'v1',
      group: '',
      subresource: '',
      namespace: '',
      ...target,
    };
    const { decision, reason } = await authorize(attributes);
    if (decision !== 'allow') throw forbiddenError(attributes, reason);
  }
  return {
    name: wish.user,
    ...(wish.uid === undefined ? {} : { uid: wish.uid }),
    groups: effectiveGroups(wish),
    ...(Object.keys(wish.extra).length === 0 ? {} : { extra: wish.extra }),
  };
}

type Target = Pick<AuthorizationAttributes, 'resource' | 'name'> &
  Partial<Pick<AuthorizationAttributes, 'group' | 'namespace' | 'subresource'>>;

function targets(wish: Wish): Target[] {
  const account = parseServiceAccountUsername(wish.user);
  return [
    account === undefined ? { resource: 'users', name: wish.user } : { resource: 'serviceaccounts', ...account },
    ...wish.groups.map((name) => ({ resource: 'groups', name })),
    ...Object.entries(wish.extra).flatMap(([key, values]) =>
      values.map((name) => ({ group: AUTHENTICATION, resource: 'userextras', subresource: key, name })),
    ),
    ...(wish.uid === undefined ? [] : [{ group: AUTHENTICATION, resource: 'uids', name: wish.uid }]),
  ];
}

function effectiveGroups(wish: Wish): string[] {
  const account = parseServiceAccountUsername(wish.user);
  const groups = wish.groups.length === 0 && account !== undefined ? serviceAccountGroups(account.namespace) : [...wish.groups];
  if (groups.includes(ALL_AUTHENTICATED) || groups.includes(ALL_UNAUTHENTICATED)) return groups;
  return [...groups, wish.user === ANONYMOUS ? ALL_UNAUTHENTICATED : ALL_AUTHENTICATED];
}
