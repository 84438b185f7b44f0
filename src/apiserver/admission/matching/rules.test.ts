import { describe, expect, it } from 'vitest';
import { ruleMatches, type OperationRule, type RuleSubject } from './index.ts';

const subject: RuleSubject = {
  operation: 'CREATE',
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  subresource: '',
  name: 'web',
  isClusterScoped: false,
};
const rule: OperationRule = { operations: ['CREATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] };

describe('a rule', () => {
  const cases: [what: string, change: OperationRule, of: Partial<RuleSubject>, expected: boolean][] = [
    ['what it names', {}, {}, true],
    ['any operation', { operations: ['*'] }, { operation: 'CONNECT' }, true],
    ['another operation', {}, { operation: 'UPDATE' }, false],
    ['any group', { apiGroups: ['*'] }, { group: '' }, true],
    ['another group', {}, { group: 'extensions' }, false],
    ['any version', { apiVersions: ['*'] }, { version: 'v1beta1' }, true],
    ['another version', {}, { version: 'v1beta1' }, false],
    ['a subresource, by the resource alone', {}, { subresource: 'status' }, false],
    ['a subresource by its name', { resources: ['deployments/status'] }, { subresource: 'status' }, true],
    ['the resource, by its subresource', { resources: ['deployments/status'] }, {}, false],
    ['any subresource and the resource', { resources: ['deployments/*'] }, {}, true],
    ['any subresource', { resources: ['deployments/*'] }, { subresource: 'scale' }, true],
    ['any resource', { resources: ['*'] }, {}, true],
    ['any resource, not its subresources', { resources: ['*'] }, { subresource: 'scale' }, false],
    ['one subresource of any resource', { resources: ['*/scale'] }, { subresource: 'scale' }, true],
    ['everything', { resources: ['*/*'] }, { subresource: 'scale' }, true],
    ['a scope that fits', { scope: 'Namespaced' }, {}, true],
    ['a scope that does not fit', { scope: 'Cluster' }, {}, false],
    ['any scope', { scope: '*' }, { isClusterScoped: true }, true],
    ['a name', { resourceNames: ['web'] }, {}, true],
    ['another name', { resourceNames: ['db'] }, {}, false],
  ];
  it.each(cases)('is about %s: %o of %o: %s', (_what, change, of, expected) => {
    expect(ruleMatches({ ...rule, ...change }, { ...subject, ...of })).toBe(expected);
  });
});
