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
