import { readdir } from 'node:fs/promises';
import { output } from './run.ts';

/** What a cluster may put on a machine beside its files: lists of names, to be compared before and after. */
export type Traces = Record<'processes' | 'mounts' | 'links' | 'rules' | 'namespaces' | 'cgroups' | 'run' | 'files', string[]>;

/** Where upstream's components and plugins keep things by default. */
const FOLDERS = ['/etc/cni/net.d', '/etc/kubernetes', '/var/lib/cni', '/var/lib/kubelet', '/var/log/pods', '/var/log/containers'];

/** What of a Kubernetes node is on this machine now. */
export async function traces(): Promise<Traces> {
  const [processes, mounts, links, nat, filter, mangle] = await Promise.all([
    output('ps', ['-eo', 'stat=,args=']),
    output('cat', ['/proc/self/mounts']),
    output('ip', ['-o', 'link']),
    ...['nat', 'filter', 'mangle'].map(async (table) => await output('iptables-save', ['-t', table])),
  ]);
  return {
    // A zombie is its parent's to clear away.
    processes: lines(processes).filter(
      (line) => !line.startsWith('Z') && /^\S+\s+(\S*\/)?(containerd\S*|runc|pause)(\s|$)|skiff\.js run /.test(line),
    ),
    mounts: lines(mounts).map((line) => line.split(' ')[1] ?? ''),
    links: lines(links).map((line) => line.split(':')[1]?.trim().replace(/@.*/, '') ?? ''),
    rules: lines(`${nat}${filter}${mangle}`)
      .filter((line) => /^(-A|:)/.test(line))
      .map((line) => line.replace(/ \[\d+:\d+\]$/, '')),
    namespaces: await names('/run/netns'),
    cgroups: await cgroups(),
    files: (await Promise.all(FOLDERS.map(async (folder) => (await names(folder)).map((name) => `${folder}/${name}`)))).flat(),
    run: (await names('/run')).filter((name) => !/\.lock$|^(netns|xtables)/.test(name)),
  };
}

/** What is there now and was not there before. */
export function added(before: Traces, after: Traces): Partial<Traces> {
  const kinds = Object.keys(before) as (keyof Traces)[];
  const more = kinds.map((kind) => [kind, after[kind].filter((name) => !before[kind].includes(name))] as const);
  return Object.fromEntries(more.filter(([, names]) => names.length > 0));
}

async function cgroups(): Promise<string[]> {
  const roots = ['/sys/fs/cgroup', ...(await names('/sys/fs/cgroup')).map((name) => `/sys/fs/cgroup/${name}`)];
  const all = await Promise.all(roots.map(async (root) => (await names(root)).map((name) => `${root}/${name}`)));
  return all.flat().filter((path) => /kube|containerd|skiff/.test(path));
}

async function names(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => []);
}

function lines(text: string): string[] {
  return text.split('\n').filter(Boolean);
}
