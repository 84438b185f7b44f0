import { forbidden, type StatusError } from '#apimachinery';
import type { AdmissionAttributes } from '../types.ts';

/** The 403 of a plugin: `pods "web" is forbidden: <why>`. An object that has no name yet goes by its `generateName`. */
export function refuse(attributes: AdmissionAttributes, why: string): StatusError {
  const { name, object, resource } = attributes;
  return forbidden(resource, name || object?.metadata.name || object?.metadata.generateName || 'Unknown', why);
}

/** True for a write of this resource itself, in one of these operations (`''` is the core group). */
export function isWriteOf(
  { operation, resource, subresource }: AdmissionAttributes,
  group: string,
  name: string,
  operations: 'CREATE' | 'UPDATE' | 'CREATE UPDATE' = 'CREATE',
): boolean {
  return resource.resource === name && resource.group === group && subresource === '' && operations.includes(operation);
}
