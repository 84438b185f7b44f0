import { describe, expect, it } from 'vitest';
import { created, errorsOf, rowOf, type Manifest } from '../kinds.fixture.ts';
import type { ValidatingWebhookConfiguration } from '../generated/admissionregistration-v1.ts';

const apiVersion = 'admissionregistration.k8s.io/v1';
const rules = [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }];
const hook = {
  name: 'a.example.com',
  clientConfig: { service: { name: 's', namespace: 'n' } },
  rules,
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
};
const configuration = (webhook: object = {}): Manifest => ({
  apiVersion,
  kind: 'ValidatingWebhookConfiguration',
  webhooks: [{ ...hook, ...webhook }],
});

describe('a webhook', () => {
  it("gets upstream's defaults", () => {
    expect(created<ValidatingWebhookConfiguration>(configuration()).webhooks).toMatchObject([
      {
        failurePolicy: 'Fail',
        matchPolicy: 'Equivalent',
        namespaceSelector: {},
        objectSelector: {},
        timeoutSeconds: 10,
        clientConfig: { service: { port: 443 } },
        rules: [{ scope: '*' }],
      },
    ]);
    expect(errorsOf(configuration())).toEqual([]);
    expect(rowOf(created(configuration()))).toEqual({ Name: 'a', Webhooks: 1, Age: '4m5s' });
  });

  it.each<[string, object, string]>([
    [
      'a short name',
      { name: 'a' },
      'webhooks[0].name: Invalid value: "a": should be a domain with at least three segments separated by dots',
    ],
    [
      'no word on side effects',
      { sideEffects: undefined },
      'webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun',
    ],
    [
      'too much patience',
      { timeoutSeconds: 31 },
      'webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds',
    ],
    ['no version', { admissionReviewVersions: [] }, 'webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1'],
    [
      'a version that is not sent',
      { admissionReviewVersions: ['v2'] },
      'webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1',
    ],
    ['nowhere to go', { clientConfig: {} }, 'webhooks[0].clientConfig: Required value: exactly one of url or service is required'],
    [
      'an open door',
      { clientConfig: { url: 'http://a/b' } },
      'webhooks[0].clientConfig.url: Invalid value: "http": \'https\' is the only allowed URL scheme; desired format: https://host[/path]',
    ],
    [
      'a star among others',
      { rules: [{ ...rules[0], operations: ['*', 'CREATE'] }] },
      'webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: if \'*\' is present, must not specify other operations',
    ],
  ])('is refused with %s', (_, webhook, error) => {
    expect(errorsOf(configuration(webhook))).toEqual([error]);
  });
});

describe('a policy', () => {
  const policy = (spec: object, kind = 'ValidatingAdmissionPolicy'): Manifest => ({
    apiVersion,
    kind,
    spec: { matchConstraints: { resourceRules: rules }, ...spec },
  });
  const validations = [{ expression: 'object.spec.replicas <= 5' }];

  it('that says something is fine', () => {
    expect(errorsOf(policy({ validations }))).toEqual([]);
    expect(rowOf(created(policy({ validations, paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } })))).toMatchObject({
      Validations: 1,
      ParamKind: 'v1/ConfigMap',
    });
    const mutations = [{ patchType: 'JSONPatch', jsonPatch: { expression: '[]' } }];
    expect(errorsOf(policy({ mutations, reinvocationPolicy: 'Never' }, 'MutatingAdmissionPolicy'))).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['nothing to say', {}, 'spec.validations: Required value: validations or auditAnnotations must be non-empty'],
    ['nothing to match', { validations, matchConstraints: undefined }, 'spec.matchConstraints: Required value'],
    [
      'an empty expression',
      { validations: [{ expression: ' ' }] },
      'spec.validations[0].expression: Required value: expression is not specified',
    ],
    [
      'a reason that there is not',
      { validations: [{ expression: 'true', reason: 'Because' }] },
      'spec.validations[0].reason: Unsupported value: "Because"',
    ],
    [
      'a variable twice',
      {
        validations,
        variables: [
          { name: 'a', expression: '1' },
          { name: 'a', expression: '2' },
        ],
      },
      'spec.variables[1].name: Duplicate value: "a"',
    ],
  ])('is refused with %s', (_, spec, error) => {
    expect(errorsOf(policy(spec)).join('\n')).toContain(error);
  });

  it.each<[string, object, string]>([
    ['no action', {}, 'spec.validationActions: Required value: at least one validation action is required'],
    ['an action twice', { validationActions: ['Deny', 'Deny'] }, 'spec.validationActions[1]: Duplicate value: "Deny"'],
    ['words and deeds', { validationActions: ['Deny', 'Warn'] }, 'must not contain both Deny and Warn'],
    [
      'parameters that are not named',
      { validationActions: ['Deny'], paramRef: { parameterNotFoundAction: 'Deny' } },
      'spec.paramRef: Required value: one of name or selector must be specified',
    ],
  ])('is not bound with %s', (_, spec, error) => {
    expect(errorsOf({ apiVersion, kind: 'ValidatingAdmissionPolicyBinding', spec: { policyName: 'p', ...spec } }).join('\n')).toContain(
      error,
    );
  });
});
