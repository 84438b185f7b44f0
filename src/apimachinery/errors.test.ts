import { expect, test } from 'vitest';
import * as m from './index.ts';

const path = m.root.child('spec').child('containers').index(0).child('name');

test.each([
  [m.fieldInvalid(path, 'x', 'bad'), 'spec.containers[0].name: Invalid value: "x": bad'],
  [m.fieldInvalid(path, 5, 'bad'), 'spec.containers[0].name: Invalid value: 5: bad'],
  [m.fieldInvalid(path, undefined, 'bad'), 'spec.containers[0].name: Invalid value: "null": bad'],
  [m.fieldInvalid(path, { a: 1 }, 'bad'), 'spec.containers[0].name: Invalid value: {"a":1}: bad'],
  [m.fieldRequired(path), 'spec.containers[0].name: Required value'],
  [m.fieldRequired(path, 'why'), 'spec.containers[0].name: Required value: why'],
  [m.fieldDuplicate(path, 'x'), 'spec.containers[0].name: Duplicate value: "x"'],
  [m.fieldNotFound(path, 'x'), 'spec.containers[0].name: Not found: "x"'],
  [m.fieldForbidden(path, 'no'), 'spec.containers[0].name: Forbidden: no'],
  [m.fieldNotSupported(path, 'x', ['a', 'b']), 'spec.containers[0].name: Unsupported value: "x": supported values: "a", "b"'],
  [m.fieldTooLong(path, 63), 'spec.containers[0].name: Too long: may not be more than 63 bytes'],
  [m.fieldTooMany(path, 5, 1), 'spec.containers[0].name: Too many: 5: must have at most 1 item'],
  [m.fieldInternal(path, 'oops'), 'spec.containers[0].name: Internal error: oops'],
  [m.fieldForbidden(m.root.child('data').key('a.b'), 'no'), 'data[a.b]: Forbidden: no'],
])('a field error reads %s', (error, text) => {
  expect(String(error)).toBe(text);
});

const deployments = { group: 'apps', resource: 'deployments' };
const pods = { group: '', resource: 'pods' };

test.each([
  [m.notFound(deployments, 'web'), 404, 'NotFound', 'deployments.apps "web" not found'],
  [m.alreadyExists(pods, 'web'), 409, 'AlreadyExists', 'pods "web" already exists'],
  [
    m.conflict(pods, 'web', m.MODIFIED),
    409,
    'Conflict',
    'Operation cannot be fulfilled on pods "web": the object has been modified; please apply your changes to the latest version and try again',
  ],
  [m.forbidden(pods, '', 'no'), 403, 'Forbidden', 'pods is forbidden: no'],
  [m.forbidden(pods, 'a', 'no'), 403, 'Forbidden', 'pods "a" is forbidden: no'],
  [m.forbidden({ group: '', resource: '' }, '', 'no'), 403, 'Forbidden', 'forbidden: no'],
  [m.methodNotSupported(pods, 'create'), 405, 'MethodNotAllowed', 'create is not supported on resources of kind "pods"'],
  [m.internalError('x'), 500, 'InternalError', 'Internal error occurred: x'],
])('a status error has code, reason and text', (error, code, reason, message) => {
  expect(error).toMatchObject({ code, reason, message });
});

test('an invalid object is told all that is wrong with it, each text once', () => {
  const kind = { group: 'apps', kind: 'Deployment' };
  const one = m.fieldRequired(m.root.child('spec'));
  expect(m.invalid(kind, 'web', [one]).message).toBe('Deployment.apps "web" is invalid: spec: Required value');
  const error = m.invalid(kind, 'web', [one, one, m.fieldForbidden(m.root.child('x'), 'no')]);
  expect(error.message).toBe('Deployment.apps "web" is invalid: [spec: Required value, x: Forbidden: no]');
  expect(error.status.details).toMatchObject({ name: 'web', group: 'apps', kind: 'Deployment' });
  expect(error.status.details?.causes?.[0]).toEqual({ reason: 'FieldValueRequired', message: 'Required value', field: 'spec' });
});
