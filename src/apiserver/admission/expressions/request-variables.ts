import type { AdmissionAttributes, Authorizer, ObjectReader } from '../../types.ts';
import { isClusterScoped, show, type RequestForm } from '../matching/index.ts';
import { authorizerValue } from './authorizer.ts';
import { shownRequest } from './shown-request.ts';
import { toCel } from './values.ts';

const NAMESPACES = { group: '', resource: 'namespaces' };

/** What expressions see of a write, as `form` shows it. Parts are made when an expression asks for them. */
export function requestVariables(
  form: RequestForm,
  own: RequestForm,
  attributes: AdmissionAttributes,
  { reader, authorize }: { reader: ObjectReader; authorize: Authorizer },
): Record<string, unknown> {
  const variables = {};
  const lazily = (name: string, make: () => unknown): void => {
    Object.defineProperty(variables, name, {
      configurable: true,
      enumerable: true,
      get() {
        const value = make();
        Object.defineProperty(variables, name, { value, enumerable: true });
        return value;
      },
    });
  };
  lazily('object', () => toCel(show(form, attributes, attributes.object) ?? null));
  lazily('oldObject', () => toCel(show(form, attributes, attributes.oldObject) ?? null));
  lazily('request', () => toCel(JSON.parse(JSON.stringify(shownRequest(form, own, attributes)))));
  lazily('namespaceObject', () => toCel(isClusterScoped(attributes) ? null : (reader.get(NAMESPACES, '', attributes.namespace) ?? null)));
  lazily('authorizer', () => authorizerValue(authorize, attributes));
  return variables;
}
