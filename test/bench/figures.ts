/** What is measured, what upstream needs for it on such a machine (API server 1.20, etcd 3.4, its scheduler and kubelet), and what to reach. */
export interface Figure {
  id: string;
  title: string;
  unit: string;
  /** More is better: a rate. Else less is: a time or a size. */
  isRate: boolean;
  upstream?: number;
  /** The value to reach. */
  target?: number;
}

const rate = (id: string, title: string, upstream: number, factor: number, unit = '/s'): Figure => ({
  id,
  title,
  unit,
  isRate: true,
  upstream,
  target: upstream * factor,
});
const less = (id: string, title: string, unit: string, target?: number, upstream?: number): Figure => ({
  id,
  title,
  unit,
  isRate: false,
  upstream,
  target,
});

export const FIGURES: readonly Figure[] = [
  less('start.readyz', 'process start → /readyz ok', 'ms', 400, 4000),
  less('start.cold', 'skiff up → node Ready, new cluster', 'ms'),
  less('start.warm', 'skiff up → node Ready, stopped cluster', 'ms', 3000),
  less('idle.pss', 'memory (PSS): control plane, agent, containerd', 'MB', 200, 740),
  less('idle.rss', 'memory (RSS), shared pages counted for each', 'MB'),
  less('idle.control-plane', '  PSS of the control plane', 'MB'),
  less('idle.agent', '  PSS of the agent', 'MB'),
  less('idle.containerd', '  PSS of containerd (without shims)', 'MB'),
  less('idle.cpu', 'CPU, one node with ten pods, of a core', '%', 1, 5),
  rate('api.create', 'create ConfigMap 1 KB, 32 clients', 2000, 2),
  less('api.create.p99', '  99 % within', 'ms', undefined, 52),
  rate('api.get', 'get', 4100, 2),
  less('api.list', 'list 3,000', 'ms', 12, 48),
  less('api.list.selector', 'list 300 of 3,000 by label', 'ms'),
  rate('api.patch', 'merge patch', 2100, 2),
  rate('api.delete', 'delete', 1850, 2),
  rate('api.watch', 'watch, 100 watchers × 300 events', 60_000, 2.5),
  less('api.watch.p99', '  99 % within', 'ms', undefined, 59),
  rate('schedule.plain', 'scheduler, 500 nodes, 2,000 pods', 413, 3),
  rate('schedule.spread', '  with topology spread', 315, 3),
  rate('schedule.antiaffinity', '  with anti-affinity', 278, 3),
  less('pods.one', 'pod create → Ready, one at a time', 'ms', 450, 1003),
  less('pods.burst', '20 pods at once → all Ready', 'ms', 5000, 14_500),
  less('pods.delete', 'all 26 pods deleted', 'ms'),
];

/** Only with `--growth`: how the costs grow with the number of objects. */
export const GROWTH: readonly Figure[] = [1000, 10_000, 100_000].flatMap((count) => {
  const thousand = `${(count / 1000).toLocaleString('en')},000`;
  return [
    less(`growth.${count}.list`, `list ${thousand}`, 'ms'),
    less(`growth.${count}.page`, `  a page of 500 of them`, 'ms'),
    less(`growth.${count}.get`, '  get one', 'ms'),
    less(`growth.${count}.watch`, '  write → event at a watch of one', 'ms'),
    less(`growth.${count}.rss`, '  RSS of the control plane', 'MB'),
  ];
});
