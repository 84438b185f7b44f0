import { expect, test } from 'vitest';
import { changedFlows, UdpFlowCleaner } from './conntrack.ts';
import type { UdpFlows } from './rules/index.ts';
import type { RunCommand } from './run-command.ts';

const DNS: UdpFlows = { addresses: ['10.96.0.10'], port: 53, nodePort: 30053, targets: new Set(['10.244.0.7:53']) };

const LISTED = `udp      17 29 src=10.244.0.5 dst=10.96.0.10 sport=45000 dport=53 src=10.244.0.7 dst=10.244.0.5 sport=53 dport=45000 mark=0 use=1
udp      17 29 src=10.244.0.5 dst=10.96.0.10 sport=45001 dport=53 src=10.244.0.6 dst=10.244.0.5 sport=53 dport=45001 mark=0 use=1
udp      17 12 src=10.244.0.9 dst=10.96.0.10 sport=45001 dport=53 [UNREPLIED] src=10.244.0.6 dst=10.244.0.9 sport=53 dport=45001 mark=0 use=1
udp      17 29 src=192.0.2.2 dst=192.0.2.1 sport=40000 dport=30053 src=192.0.2.1 dst=192.0.2.2 sport=30053 dport=40000 mark=0 use=1
udp      17 29 src=10.244.0.5 dst=192.0.2.53 sport=45001 dport=53 src=192.0.2.53 dst=192.0.2.1 sport=53 dport=45001 mark=0 use=1
`;

/** conntrack as a record of what it was asked for. */
function conntrack(listed = LISTED): { run: RunCommand; deleted: string[] } {
  const deleted: string[] = [];
  const run: RunCommand = (_command, args) => {
    if (args[0] === '-D') deleted.push(args.slice(5).join(' '));
    return Promise.resolve({ code: 0, stdout: args[0] === '-L' ? listed : '', stderr: '' });
  };
  return { run, deleted };
}

test('flows that an endpoint which has gone would answer are ended, each kind once', async () => {
  const { run, deleted } = conntrack();
  await new UdpFlowCleaner(run, 'IPv4', () => {}).clean([DNS]);
  expect(deleted).toEqual([
    '--orig-dst 10.96.0.10 --orig-port-dst 53 --reply-src 10.244.0.6 --reply-port-src 53',
    // Came before the service had an endpoint, and went to the node itself.
    '--orig-dst 192.0.2.1 --orig-port-dst 30053 --reply-src 192.0.2.1 --reply-port-src 30053',
  ]);
});

test('a service that has gone leaves no flows', async () => {
  const { run, deleted } = conntrack();
  await new UdpFlowCleaner(run, 'IPv4', () => {}).clean(changedFlows([DNS], []));
  expect(deleted).toHaveLength(3);
});

test('a service as it was needs no look at the flows', () => {
  expect(changedFlows([DNS], [{ ...DNS, targets: new Set(DNS.targets) }])).toEqual([]);
});

test('without conntrack the rules are written all the same, and the log says once what is missing', async () => {
  const logged: string[] = [];
  const run: RunCommand = () => Promise.reject(Object.assign(new Error('spawn conntrack ENOENT'), { code: 'ENOENT' }));
  const cleaner = new UdpFlowCleaner(run, 'IPv4', (message) => logged.push(message));
  await cleaner.clean([DNS]);
  await cleaner.clean([DNS]);
  expect(logged).toHaveLength(1);
  expect(logged[0]).toContain('install the package "conntrack"');
});
