import { StatusError } from '#apimachinery';
import type { AuthorizationAttributes } from '../types.ts';

/** What the user may not do: `User "x" cannot list resource "pods" in API group "" in the namespace "default"`. */
function describeAttempt(attributes: AuthorizationAttributes): string {
  const { user, verb, path, group, resource, subresource, namespace } = attributes;
  const who = `User ${JSON.stringify(user.name)} cannot ${verb}`;
  if (!attributes.isResource) return `${who} path ${JSON.stringify(path)}`;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  return `${who} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}`;
}

/** The text of the 403: `pods "a" is forbidden: User …`, with the authorizer's reason behind it when there is one. */
export function forbiddenMessage(attributes: AuthorizationAttributes, reason = ''): string {
  const why = reason === '' ? describeAttempt(attributes) : `${describeAttempt(attributes)}: ${reason}`;
  if (!attributes.isResource || attributes.resource === '') return `forbidden: ${why}`;
  const what = attributes.group === '' ? attributes.resource : `${attributes.resource}.${attributes.group}`;
  return attributes.name === '' ? `${what} is forbidden: ${why}` : `${what} ${JSON.stringify(attributes.name)} is forbidden: ${why}`;
}

/** The 403 for a request that no authorizer allows. */
export function forbiddenError(attributes: AuthorizationAttributes, reason = ''): StatusError {
  const { isResource, name, group, resource } = attributes;
  return new StatusError({
    code: 403,
    reason: 'Forbidden',
    message: forbiddenMessage(attributes, reason),
    details: isResource ? { name: name || undefined, group: group || undefined, kind: resource || undefined } : {},
  });
}
