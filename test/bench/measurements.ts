import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get as httpsGet } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { BenchCluster } from './bench-cluster.ts';
import type { Rate } from './load/clients.ts';
import { cpuSecondsOf, memoryOf, processesWith } from './processes.ts';
import { median } from './statistics.ts';

/** Figures by id. */
export type Figures = Record<string, number>;

export interface MeasureOptions {
  /** How often to repeat what is quoted as a median. */
  runs: number;
}

/** One group of figures: `api`, `start` … */
export type Measurement = (options: MeasureOptions) => Promise<Figures>;

export const MEASUREMENTS: Readonly<Record<string, Measurement>> = { start, idle, api, schedule, pods };

/** Runs `work` so many times, one after the other, and takes each figure's median. */
async function medians(runs: number, work: () => Promise<Figures>): Promise<Figures> {
  const all: Figures[] = [];
  for (let run = 0; run < runs; run++) all.push(await work());
  return Object.fromEntries(Object.keys(all[0] ?? {}).map((id) => [id, median(all.map((figures) => figures[id] as number))]));
}

async function withCluster<R>(runtime: 'containerd' | 'none', work: (cluster: BenchCluster) => Promise<R>): Promise<R> {
  const cluster = await BenchCluster.start(runtime);
  try {
    return await work(cluster);
  } finally {
    cluster.delete();
  }
}

interface ApiLoad {
  create: Rate;
  get: Rate;
  list: number;
  listSelector: number;
  patch: Rate;
  watch: Rate;
  delete: Rate;
}

async function api({ runs }: MeasureOptions): Promise<Figures> {
  return await withCluster(
    'none',
    async (cluster) =>
      await medians(runs, async () => {
        const load = await cluster.load<ApiLoad>('api');
        return {
          'api.create': load.create.perSecond,
          'api.create.p99': load.create.p99,
          'api.get': load.get.perSecond,
          'api.list': load.list,
          'api.list.selector': load.listSelector,
          'api.patch': load.patch.perSecond,
          'api.delete': load.delete.perSecond,
          'api.watch': load.watch.perSecond,
          'api.watch.p99': load.watch.p99,
        };
      }),
  );
}

async function schedule({ runs }: MeasureOptions): Promise<Figures> {
  return await withCluster(
    'none',
    async (cluster) =>
      await medians(runs, async () => {
        const figures: Figures = {};
        for (const mode of ['plain', 'spread', 'antiaffinity'])
          figures[`schedule.${mode}`] = (await cluster.load<{ perSecond: number }>('schedule', ['--mode', mode])).perSecond;
        return figures;
      }),
  );
}

async function pods({ runs }: MeasureOptions): Promise<Figures> {
  return await withCluster(
    'containerd',
    async (cluster) =>
      await medians(runs, async () => {
        const load = await cluster.load<{ one: number; burst: number; delete: number }>('pods');
        return { 'pods.one': load.one, 'pods.burst': load.burst, 'pods.delete': load.delete };
      }),
  );
}

async function start({ runs }: MeasureOptions): Promise<Figures> {
  return await medians(runs, async () => ({ ...(await startOfControlPlane()), ...(await startOfNode()) }));
}

/** From exec to the first good answer of `/readyz`, with the data of an earlier start. */
async function startOfControlPlane(): Promise<Figures> {
  return await withCluster('none', async (cluster) => {
    const { server } = cluster;
    await cluster.down();
    const began = performance.now();
    const child = spawn(process.execPath, cluster.controlPlaneCommand(), { stdio: 'ignore' });
    try {
      while (!(await isReady(server))) await delay(2);
      return { 'start.readyz': performance.now() - began };
    } finally {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
  });
}

function isReady(server: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = httpsGet(`${server}/readyz`, { rejectUnauthorized: false, agent: false }, (reply) => {
      reply.resume();
      resolve(reply.statusCode === 200);
    });
    request.on('error', () => resolve(false));
  });
}

async function startOfNode(): Promise<Figures> {
  return await withCluster('containerd', async (cluster) => {
    await cluster.down();
    return { 'start.cold': cluster.firstStart, 'start.warm': await cluster.up() };
  });
}

const IDLE_PODS = 10;
const SETTLE_MS = 10_000;
const IDLE_MS = 30_000;

async function idle(): Promise<Figures> {
  return await withCluster('containerd', async (cluster) => {
    await cluster.load('sleepers', ['--pods', String(IDLE_PODS)]);
    await delay(SETTLE_MS);
    const containerd = processesWith(cluster.dir).find(({ command }) => /^\S*containerd /.test(command));
    const pids = [cluster.pid('control-plane'), cluster.pid('agent'), ...(containerd === undefined ? [] : [containerd.pid])];
    const used = (): number => pids.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
    const before = used();
    await delay(IDLE_MS);
    const cpu = ((used() - before) * 1000 * 100) / IDLE_MS;
    const memory = pids.map(memoryOf);
    return {
      'idle.pss': memory.reduce((sum, { pss }) => sum + pss, 0),
      'idle.rss': memory.reduce((sum, { rss }) => sum + rss, 0),
      'idle.control-plane': memory[0]?.pss ?? NaN,
      'idle.agent': memory[1]?.pss ?? NaN,
      'idle.containerd': memory[2]?.pss ?? NaN,
      'idle.cpu': cpu,
    };
  });
}

/** The long form: what lists, reads, watches and memory cost as the number of objects grows. */
export async function growth(): Promise<Figures> {
  return await withCluster('none', async (cluster) => {
    const figures: Figures = {};
    for (const count of [1000, 10_000, 100_000]) {
      const load = await cluster.load<Figures>('growth', ['--objects', String(count)]);
      for (const [id, value] of Object.entries(load)) figures[`growth.${count}.${id}`] = value;
      figures[`growth.${count}.rss`] = memoryOf(cluster.pid('control-plane')).rss;
    }
    return figures;
  });
}
