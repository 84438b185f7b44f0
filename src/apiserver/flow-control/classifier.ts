import type { RequestInfo, UserInfo } from '../types.ts';
import type { Schema } from './schema.ts';

/** A schema, and those of its tests that concern one user. */
interface Candidate {
  schema: Schema;
  tests: readonly ((info: RequestInfo) => boolean)[];
}

interface KnownUser {
  groups: readonly string[];
  candidates: readonly Candidate[];
}

/** So many users are remembered. */
const USERS_MAX = 10_000;

/** Finds the flow schema of a request. Which schemas concern a user is found out once; after that a request costs a few comparisons. */
export class Classifier {
  readonly #schemas: readonly Schema[];
  readonly #last: Schema;
  readonly #users = new Map<string, KnownUser>();

  /** In the order in which they are tried; the last takes whatever no other takes. */
  constructor(schemas: readonly Schema[]) {
    this.#schemas = schemas;
    this.#last = schemas.at(-1) as Schema;
  }

  classify(user: UserInfo, info: RequestInfo): Schema {
    let known = this.#users.get(user.name);
    if (known === undefined || !areSame(known.groups, user.groups)) known = this.#learn(user);
    for (const { schema, tests } of known.candidates) {
      for (const test of tests) if (test(info)) return schema;
    }
    return this.#last;
  }

  #learn(user: UserInfo): KnownUser {
    if (this.#users.size >= USERS_MAX) this.#users.clear();
    const candidates = this.#schemas.flatMap((schema): Candidate[] => {
      const tests = schema.rules.filter((rule) => rule.concerns(user)).flatMap((rule) => rule.tests);
      return tests.length === 0 ? [] : [{ schema, tests }];
    });
    const known = { groups: user.groups, candidates };
    this.#users.set(user.name, known);
    return known;
  }
}

function areSame(a: readonly string[], b: readonly string[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
