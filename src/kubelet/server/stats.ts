import { loadavg } from 'node:os';
import type { ContainerStats, RuntimeService } from '../cri/index.ts';
import { LABELS } from '../containers/index.ts';

const date = (nanoseconds: number): string => new Date(nanoseconds / 1e6).toISOString();

function byPod(stats: readonly ContainerStats[]): Map<string, ContainerStats[]> {
  const pods = new Map<string, ContainerStats[]>();
  for (const entry of stats) {
    const uid = entry.attributes.labels[LABELS.podUid] ?? '';
    pods.set(uid, [...(pods.get(uid) ?? []), entry]);
  }
  return pods;
}

function usage({ cpu, memory }: ContainerStats): { cpu: object; memory: object } {
  return {
    cpu: { time: date(cpu?.timestamp ?? 0), usageCoreNanoSeconds: cpu?.usageCoreNanoSeconds?.value ?? 0 },
    memory: {
      time: date(memory?.timestamp ?? 0),
      workingSetBytes: memory?.workingSetBytes?.value ?? 0,
      usageBytes: memory?.usageBytes?.value ?? 0,
      rssBytes: memory?.rssBytes?.value ?? 0,
    },
  };
}

const total = (stats: readonly ContainerStats[], value: (entry: ContainerStats) => number | undefined): number =>
  stats.reduce((sum, entry) => sum + (value(entry) ?? 0), 0);

function podUsage(stats: readonly ContainerStats[]): { cpu: object; memory: object } {
  return {
    cpu: { time: new Date().toISOString(), usageCoreNanoSeconds: total(stats, ({ cpu }) => cpu?.usageCoreNanoSeconds?.value) },
    memory: { time: new Date().toISOString(), workingSetBytes: total(stats, ({ memory }) => memory?.workingSetBytes?.value) },
  };
}

/** The answer of `/stats/summary`: what node, pods and containers use. */
export async function statsSummary(runtime: RuntimeService, nodeName: string): Promise<object> {
  const stats = await runtime.listContainerStats();
  const pods = [...byPod(stats).values()].map((entries) => {
    const labels = entries[0]?.attributes.labels ?? {};
    return {
      podRef: { name: labels[LABELS.podName], namespace: labels[LABELS.podNamespace], uid: labels[LABELS.podUid] },
      containers: entries.map((entry) => ({ name: entry.attributes.metadata.name, ...usage(entry) })),
      ...podUsage(entries),
    };
  });
  return { node: { nodeName, loadAverage: loadavg()[0], ...podUsage(stats) }, pods };
}

/** The answer of `/metrics/resource`, in Prometheus' text format. */
export async function resourceMetrics(runtime: RuntimeService): Promise<string> {
  const stats = await runtime.listContainerStats();
  const cpuSeconds = (entry: ContainerStats): number => (entry.cpu?.usageCoreNanoSeconds?.value ?? 0) / 1e9;
  const memoryBytes = (entry: ContainerStats): number => entry.memory?.workingSetBytes?.value ?? 0;
  const podLabels = ({ attributes: { labels } }: ContainerStats): string =>
    `namespace="${labels[LABELS.podNamespace]}",pod="${labels[LABELS.podName]}"`;
  const family = (name: string, help: string, type: string, lines: readonly string[]): string =>
    [`# HELP ${name} [STABLE] ${help}`, `# TYPE ${name} ${type}`, ...lines].join('\n');
  const perContainer = (name: string, value: (entry: ContainerStats) => number): string[] =>
    stats.map((entry) => `${name}{container="${entry.attributes.metadata.name}",${podLabels(entry)}} ${value(entry)}`);
  const pods = [...byPod(stats).values()];
  const perPod = (name: string, value: (entry: ContainerStats) => number): string[] =>
    pods.map((entries) => `${name}{${entries[0] === undefined ? '' : podLabels(entries[0])}} ${total(entries, value)}`);
  return `${[
    family(
      'container_cpu_usage_seconds_total',
      'Cumulative cpu time consumed by the container in core-seconds',
      'counter',
      perContainer('container_cpu_usage_seconds_total', cpuSeconds),
    ),
    family(
      'container_memory_working_set_bytes',
      'Current working set of the container in bytes',
      'gauge',
      perContainer('container_memory_working_set_bytes', memoryBytes),
    ),
    family('node_cpu_usage_seconds_total', 'Cumulative cpu time consumed by the node in core-seconds', 'counter', [
      `node_cpu_usage_seconds_total ${total(stats, cpuSeconds)}`,
    ]),
    family('node_memory_working_set_bytes', 'Current working set of the node in bytes', 'gauge', [
      `node_memory_working_set_bytes ${total(stats, memoryBytes)}`,
    ]),
    family(
      'pod_cpu_usage_seconds_total',
      'Cumulative cpu time consumed by the pod in core-seconds',
      'counter',
      perPod('pod_cpu_usage_seconds_total', cpuSeconds),
    ),
    family(
      'pod_memory_working_set_bytes',
      'Current working set of the pod in bytes',
      'gauge',
      perPod('pod_memory_working_set_bytes', memoryBytes),
    ),
  ].join('\n')}\n`;
}
