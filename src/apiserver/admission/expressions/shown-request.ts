import type { GroupVersionKind, GroupVersionResource } from '#apimachinery';
import type { AdmissionAttributes, UserInfo } from '../../types.ts';
import type { RequestForm } from '../matching/index.ts';

/** The user as reviews and expressions show them. */
function shownUser({ name, uid, groups, extra }: UserInfo): object {
  return { username: name, uid, groups, extra };
}

/** The options of a write, as the object that they are in the API. */
function shownOptions({ operation, options }: AdmissionAttributes): object | null {
  const kind = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions', CONNECT: undefined }[operation];
  return kind === undefined ? null : { kind, apiVersion: 'meta.k8s.io/v1', ...options };
}

/** Everything of a request beside its objects; `form` is what the receiver asked for, `own` what the client sent. */
export function shownRequest(form: RequestForm, own: RequestForm, attributes: AdmissionAttributes): Record<string, unknown> {
  const { subresource, name, namespace, operation, user, dryRun } = attributes;
  const kindOf = ({ group, version, kind }: GroupVersionKind): object => ({ group, version, kind });
  const resourceOf = ({ group, version, resource }: GroupVersionResource): object => ({ group, version, resource });
  return {
    kind: kindOf(form.kind),
    resource: resourceOf(form.resource),
    subResource: subresource || undefined,
    requestKind: kindOf(own.kind),
    requestResource: resourceOf(own.resource),
    requestSubResource: subresource || undefined,
    name: name || undefined,
    namespace: namespace || undefined,
    operation,
    userInfo: shownUser(user),
    dryRun,
    options: shownOptions(attributes),
  };
}
