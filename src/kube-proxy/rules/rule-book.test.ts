import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { transaction } from '../iptables/index.ts';
import { RuleBook, type ServiceRules } from './index.ts';

const NOTHING: ServiceRules['shared'] = {
  'filter KUBE-SERVICES': '',
  'filter KUBE-EXTERNAL-SERVICES': '',
  'filter KUBE-NODEPORTS': '',
  'filter KUBE-PROXY-FIREWALL': '',
  'nat KUBE-SERVICES': '',
  'nat KUBE-NODEPORTS': '',
};

/** A service of one address, with a chain of these rules. Without rules it refuses. */
function rules(name: string, chain = ''): ServiceRules {
  const shared = chain
    ? { ...NOTHING, 'nat KUBE-SERVICES': `-A KUBE-SERVICES -d ${name} -j SVC-${name}\n` }
    : { ...NOTHING, 'filter KUBE-SERVICES': `-A KUBE-SERVICES -d ${name} -j REJECT\n` };
  return { shared, chains: new Map(chain ? [[`SVC-${name}`, `-A SVC-${name} -j ${chain}\n`]] : []), udp: [], endpointCount: chain ? 1 : 0 };
}

/** A book that has been written with these services. */
function writtenBook(services: Record<string, ServiceRules>): RuleBook {
  const book = new RuleBook();
  for (const [name, service] of Object.entries(services)) book.set(name, service);
  book.takeChanges();
  return book;
}

test('a service whose endpoints change has its own chain written and nothing else', () => {
  const book = writtenBook({ a: rules('a', 'X'), b: rules('b', 'X') });
  book.set('a', rules('a', 'Y'));
  expect(transaction(book.takeChanges())).toBe('*nat\n:SVC-a - [0:0]\n-A SVC-a -j Y\nCOMMIT\n');
});

test('what has not changed is not written', () => {
  const book = writtenBook({ a: rules('a', 'X') });
  book.set('a', rules('a', 'X'));
  expect(transaction(book.takeChanges())).toBe('');
});

test('a service that gets its first endpoint is taken from the refused ones, ahead of the last rule', () => {
  const book = writtenBook({ a: rules('a'), b: rules('b', 'X') });
  book.set('a', rules('a', 'X'));
  expect(transaction(book.takeChanges())).toBe(
    '*filter\n-D KUBE-SERVICES -d a -j REJECT\nCOMMIT\n*nat\n:SVC-a - [0:0]\n-A SVC-a -j X\n-I KUBE-SERVICES -d a -j SVC-a\nCOMMIT\n',
  );
});

test('a service that goes loses the rule that leads to it before its chain', () => {
  const book = writtenBook({ a: rules('a', 'X') });
  book.set('a', undefined);
  expect(transaction(book.takeChanges())).toBe('*nat\n:SVC-a - [0:0]\n-D KUBE-SERVICES -d a -j SVC-a\n-X SVC-a\nCOMMIT\n');
});

test('a service that comes and goes between two syncs leaves shared chains alone', () => {
  const book = writtenBook({ a: rules('a', 'X') });
  book.set('b', rules('b'));
  book.set('b', undefined);
  expect(transaction(book.takeChanges())).toBe('');
  book.set('a', undefined);
  book.set('a', rules('a', 'X'));
  // Its chain is written once more, which does no harm.
  expect(transaction(book.takeChanges())).toBe('*nat\n:SVC-a - [0:0]\n-A SVC-a -j X\nCOMMIT\n');
});

test('many changes write a shared chain whole, its last rule included', () => {
  const book = writtenBook({ kept: rules('kept', 'X') });
  book.tail = '-A KUBE-SERVICES -j LAST\n';
  for (let n = 0; n < 60; n++) book.set(`s${n}`, rules(`s${n}`, 'X'));
  const chain = book.takeChanges().nat.chains.get('KUBE-SERVICES')!.split('\n').slice(0, -1);
  expect(chain).toHaveLength(62);
  expect(chain.at(0)).toBe('-A KUBE-SERVICES -d kept -j SVC-kept');
  expect(chain.at(-1)).toBe('-A KUBE-SERVICES -j LAST');
});

test('everything is all chains, without those that other runs have left', () => {
  const book = new RuleBook();
  book.set('a', rules('a', 'X'));
  const { filter, nat } = book.takeAll(['SVC-a', 'SVC-stale']);
  expect([...filter.chains.keys()]).toEqual(['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES', 'KUBE-NODEPORTS', 'KUBE-PROXY-FIREWALL']);
  expect([...nat.chains.keys()]).toEqual(['KUBE-SERVICES', 'KUBE-NODEPORTS', 'SVC-a']);
  expect(nat.remove).toEqual(['SVC-stale']);
  expect(transaction(book.takeChanges())).toBe('');
});

test('endpoints and chains are counted', () => {
  const book = writtenBook({ a: rules('a', 'X'), b: rules('b', 'X'), c: rules('c') });
  book.set('b', undefined);
  expect([book.serviceCount, book.endpointCount, book.chainCount]).toEqual([2, 1, 1]);
});

/** The kernel's tables, as far as transactions of this program go. Refuses what iptables-restore would refuse. */
class Tables {
  readonly #tables = new Map<string, Map<string, string[]>>();

  apply(input: string): void {
    let table = new Map<string, string[]>();
    for (const line of input.split('\n')) {
      const [command = '', chain = '', ...rule] = line.split(' ');
      if (line.startsWith('*')) table = this.#tables.get(line) ?? new Map<string, string[]>();
      if (line.startsWith('*')) this.#tables.set(line, table);
      else if (line.startsWith(':')) table.set(command.slice(1), []);
      else if (command === '-A') chainOf(table, chain).push(rule.join(' '));
      else if (command === '-I') chainOf(table, chain).unshift(rule.join(' '));
      else if (command === '-D') remove(chainOf(table, chain), rule.join(' '));
      else if (command === '-X') this.#delete(table, chain);
    }
  }

  /** Chains and their rules; in those that services share, their order means nothing. */
  get content(): object {
    const sorted = (table: Map<string, string[]>): object =>
      Object.fromEntries([...table].map(([chain, rules]) => [chain, rules.toSorted()]));
    return Object.fromEntries([...this.#tables].map(([name, table]) => [name, sorted(table)]));
  }

  #delete(table: Map<string, string[]>, chain: string): void {
    if (chainOf(table, chain).length > 0) throw new Error(`${chain} is not empty`);
    for (const rules of table.values()) if (rules.some((rule) => rule.endsWith(`-j ${chain}`))) throw new Error(`${chain} is in use`);
    table.delete(chain);
  }
}

function chainOf(table: Map<string, string[]>, chain: string): string[] {
  const rules = table.get(chain);
  if (!rules) throw new Error(`there is no chain ${chain}`);
  return rules;
}

function remove(rules: string[], rule: string): void {
  const at = rules.indexOf(rule);
  if (at < 0) throw new Error(`there is no rule ${rule}`);
  rules.splice(at, 1);
}

test('whatever happens, changes lead to the same tables as writing everything', () => {
  const service = fc.record({ name: fc.integer({ min: 0, max: 80 }), state: fc.constantFrom(undefined, '', 'X', 'Y') });
  fc.assert(
    fc.property(fc.array(fc.array(service, { maxLength: 70 }), { maxLength: 6 }), (syncs) => {
      const book = new RuleBook();
      book.tail = '-A KUBE-SERVICES -j LAST\n';
      const tables = new Tables();
      tables.apply(transaction(book.takeAll([])));
      const states = new Map<number, ServiceRules | undefined>();
      for (const changes of syncs) {
        for (const { name, state } of changes) {
          states.set(name, state === undefined ? undefined : rules(`s${name}`, state));
          book.set(`s${name}`, states.get(name));
        }
        tables.apply(transaction(book.takeChanges()));
      }
      const fresh = new RuleBook();
      fresh.tail = '-A KUBE-SERVICES -j LAST\n';
      for (const [name, service] of states) fresh.set(`s${name}`, service);
      const whole = new Tables();
      whole.apply(transaction(fresh.takeAll([])));
      expect(tables.content).toEqual(whole.content);
    }),
    { numRuns: 60 },
  );
});
