import type { Environment } from '@marcbachmann/cel-js';
import type { AdmissionAttributes, AuthorizationAttributes, Authorizer, Decision, UserInfo } from '../../types.ts';

type Question = Omit<AuthorizationAttributes, 'user' | 'verb'>;

const NOTHING: Question = {
  isResource: true,
  path: '',
  group: '',
  version: '',
  resource: '',
  subresource: '',
  namespace: '',
  name: '',
};

/** `authorizer`: asks what the user of the request (or another one) may do. */
class AuthorizerValue {
  readonly authorize: Authorizer;
  readonly user: UserInfo;
  readonly attributes: AdmissionAttributes;

  constructor(authorize: Authorizer, user: UserInfo, attributes: AdmissionAttributes) {
    this.authorize = authorize;
    this.user = user;
    this.attributes = attributes;
  }

  ask(question: Partial<Question>): Check {
    return new Check(this, { ...NOTHING, ...question });
  }

  /** The resource of the request itself. */
  get requestResource(): Check {
    const { resource, subresource, namespace, name } = this.attributes;
    return this.ask({ ...resource, subresource, namespace, name });
  }

  as(namespace: string, name: string): AuthorizerValue {
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
    return new AuthorizerValue(this.authorize, { name: `system:serviceaccount:${namespace}:${name}`, groups }, this.attributes);
  }
}

/** A question that lacks only its verb. */
class Check {
  readonly authorizer: AuthorizerValue;
  readonly question: Question;

  constructor(authorizer: AuthorizerValue, question: Question) {
    this.authorizer = authorizer;
    this.question = question;
  }

  with(more: Partial<Question>): Check {
    return new Check(this.authorizer, { ...this.question, ...more });
  }

  check(verb: string): DecisionValue {
    const { authorize, user } = this.authorizer;
    const decision = authorize({ ...this.question, user, verb });
    // Expressions do not wait: an authorizer that would have to is one that could not be asked.
    return new DecisionValue(decision instanceof Promise ? undefined : decision);
  }
}

class DecisionValue {
  readonly decision: Decision | undefined;

  constructor(decision: Decision | undefined) {
    this.decision = decision;
  }
}

/** The value of `authorizer` for one request. */
export function authorizerValue(authorize: Authorizer, attributes: AdmissionAttributes): unknown {
  return new AuthorizerValue(authorize, attributes.user, attributes);
}

type Constructor = new () => object;

/** Declares the variable `authorizer` and everything that can be asked of it. */
export function registerAuthorizer(environment: Environment): void {
  environment
    .registerType('kubernetes.authorization.Decision', DecisionValue as unknown as Constructor)
    .registerType('kubernetes.authorization.Check', Check as unknown as Constructor)
    .registerType('kubernetes.authorization.Authorizer', {
      ctor: AuthorizerValue as unknown as Constructor,
      fields: { requestResource: 'kubernetes.authorization.Check' },
    })
    .registerVariable('authorizer', 'kubernetes.authorization.Authorizer');
  const [authorizer, check, decision] = ['Authorizer', 'Check', 'Decision'].map((name) => `kubernetes.authorization.${name}`);
  const narrow = (name: string, field: keyof Question): void => {
    environment.registerFunction(`${check}.${name}(string): ${check}`, (it: Check, value: string) => it.with({ [field]: value }));
  };
  narrow('resource', 'resource');
  narrow('subresource', 'subresource');
  narrow('namespace', 'namespace');
  narrow('name', 'name');
  narrow('fieldSelector', 'fieldSelector');
  narrow('labelSelector', 'labelSelector');
  environment
    .registerFunction(`${authorizer}.path(string): ${check}`, (it: AuthorizerValue, path: string) => it.ask({ isResource: false, path }))
    .registerFunction(`${authorizer}.group(string): ${check}`, (it: AuthorizerValue, group: string) => it.ask({ group, version: '*' }))
    .registerFunction(
      `${authorizer}.serviceAccount(string, string): ${authorizer}`,
      (it: AuthorizerValue, namespace: string, name: string) => it.as(namespace, name),
    )
    .registerFunction(`${check}.check(string): ${decision}`, (it: Check, verb: string) =>
      it.with({}).check(it.question.isResource ? verb : verb.toLowerCase()),
    )
    .registerFunction(`${decision}.allowed(): bool`, (it: DecisionValue) => it.decision?.decision === 'allow')
    .registerFunction(`${decision}.reason(): string`, (it: DecisionValue) => it.decision?.reason ?? '')
    .registerFunction(`${decision}.errored(): bool`, (it: DecisionValue) => it.decision === undefined)
    .registerFunction(`${decision}.error(): string`, (it: DecisionValue) =>
      it.decision === undefined ? 'the authorizer could not decide at once' : '',
    );
}
