import { mkdir, open, readFile, realpath, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Document } from 'yaml';
import { writeFileAtomically } from './write-file.ts';

/** One cluster, user and context, all under the same name. PEM fields get embedded. */
export interface KubeconfigEntry {
  name: string;
  server: string;
  certificateAuthority: string;
  clientCertificate?: string;
  clientKey?: string;
  token?: string;
  namespace?: string;
}

/**
 * Adds the cluster to a kubeconfig, replaces an earlier entry of its name, and makes it the current context (unless
 * `setCurrent` is false). Everything else in the file stays, comments too. Makes the file (0600) when there is none.
 * Throws a plain Error when the file is no kubeconfig or somebody holds its lock.
 */
export async function mergeKubeconfig(path: string, entry: KubeconfigEntry, options: { setCurrent?: boolean } = {}): Promise<void> {
  const base64 = (text: string | undefined): string | undefined => (text === undefined ? undefined : Buffer.from(text).toString('base64'));
  await edit(path, (document) => {
    put(document, 'clusters', entry.name, {
      cluster: present({ 'certificate-authority-data': base64(entry.certificateAuthority), server: entry.server }),
    });
    put(document, 'contexts', entry.name, {
      context: present({ cluster: entry.name, namespace: entry.namespace, user: entry.name }),
    });
    put(document, 'users', entry.name, {
      user: present({
        'client-certificate-data': base64(entry.clientCertificate),
        'client-key-data': base64(entry.clientKey),
        token: entry.token,
      }),
    });
    if (options.setCurrent !== false) document.set('current-context', entry.name);
    return true;
  });
}

/** Takes the entries of this name out again; `current-context` is emptied if it was this one. No file, no change. */
export async function unmergeKubeconfig(path: string, name: string): Promise<void> {
  await edit(path, (document, isNew) => {
    if (isNew) return false;
    const removed = SECTIONS.map((section) => drop(document, section, name));
    const wasCurrent = document.get('current-context') === name;
    if (wasCurrent) document.set('current-context', '');
    return wasCurrent || removed.includes(true);
  });
}

const SECTIONS = ['clusters', 'contexts', 'users'] as const;

function present(fields: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined));
}

function indexOf(document: Document, section: string, name: string): number {
  const list = document.toJS() as Record<string, { name?: string }[] | null | undefined>;
  const entries = list[section];
  return Array.isArray(entries) ? entries.findIndex((entry) => entry?.name === name) : -1;
}

function put(document: Document, section: string, name: string, content: Record<string, unknown>): void {
  const value = document.createNode({ name, ...content });
  const index = indexOf(document, section, name);
  if (index >= 0) document.setIn([section, index], value);
  else if (isFilledList(document, section)) document.addIn([section], value);
  else document.set(section, [value.toJSON()]);
}

function isFilledList(document: Document, section: string): boolean {
  const list = (document.toJS() as Record<string, unknown>)[section];
  return Array.isArray(list) && list.length > 0;
}

function drop(document: Document, section: string, name: string): boolean {
  const index = indexOf(document, section, name);
  return index >= 0 && document.deleteIn([section, index]);
}

const EMPTY = 'apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\ncurrent-context: ""\nusers: []\n';

async function edit(path: string, change: (document: Document, isNew: boolean) => boolean): Promise<void> {
  const { parseDocument } = await import('yaml');
  await mkdir(dirname(path), { recursive: true, mode: 0o750 });
  const target = await realpath(path).catch(ifAbsent(path));
  await locked(`${target}.lock`, async () => {
    const text = await readFile(target, 'utf8').catch(ifAbsent(''));
    const document = parseDocument(text.trim() === '' ? EMPTY : text, { version: '1.1' });
    const content: unknown = document.errors.length === 0 ? document.toJS() : undefined;
    if (typeof content !== 'object' || content === null || Array.isArray(content)) {
      throw new Error(`${target} is not a readable kubeconfig: repair it or move it away`, { cause: document.errors[0] });
    }
    if (change(document, text.trim() === '')) {
      await writeFileAtomically(target, document.toString({ lineWidth: 0 }), 0o600);
    }
  });
}

function ifAbsent<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return instead;
    throw error;
  };
}

/** kubectl and kind take the same lock file, so an edit of theirs is not lost. */
async function locked(lock: string, action: () => Promise<void>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await (await open(lock, 'wx', 0o600)).close();
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (attempt === 40) throw new Error(`the kubeconfig is locked; if nobody is writing to it, remove ${lock}`, { cause: error });
      await delay(50);
    }
  }
  try {
    await action();
  } finally {
    await rm(lock, { force: true });
  }
}
