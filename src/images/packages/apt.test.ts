import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Apt, PackagesUnavailable } from './index.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'skiff-apt-'));
});

afterEach(async () => await rm(directory, { recursive: true }));

/** A stand-in for apt-get: notes each call, and does what the script says with its `$command`. */
async function aptGet(script: string): Promise<Apt> {
  const program = join(directory, 'apt-get');
  const command = 'for each do case $each in install|download|update) command=$each ;; esac done';
  await writeFile(program, `#!/bin/sh\n${command}\necho "$command $*" >>${directory}/calls\n${script}\n`);
  await chmod(program, 0o755);
  return new Apt(join(directory, 'packages'), program);
}

const calls = async (): Promise<string[]> => (await readFile(join(directory, 'calls'), 'utf8')).trim().split('\n');

const SERVER = `case $command in
install)
  echo "Inst libc6 (2.36-9 Debian:12.15/oldstable [amd64]) []"
  echo "Inst debconf (1.5.82 Debian:12.15/oldstable [all])"
  echo "Inst server:amd64 (1:2.0-1 Debian:12.15/oldstable, Security:12 [amd64])" ;;
download) : >libc6_2.36-9_amd64.deb; : >server_1%3a2.0-1_amd64.deb ;;
esac`;

test('a package comes with those of its dependencies that are wanted', async () => {
  const apt = await aptGet(SERVER);
  const packages = await apt.collect(['server'], (name) => name.startsWith('lib'));
  expect(packages).toEqual([
    { name: 'libc6', version: '2.36-9', architecture: 'amd64', file: join(directory, 'packages/libc6_2.36-9_amd64.deb') },
    { name: 'server', version: '1:2.0-1', architecture: 'amd64', file: join(directory, 'packages/server_1%3a2.0-1_amd64.deb') },
  ]);
  expect((await readdir(join(directory, 'packages'))).sort()).toEqual(['libc6_2.36-9_amd64.deb', 'server_1%3a2.0-1_amd64.deb']);
});

test('what is there is not downloaded again', async () => {
  const apt = await aptGet(SERVER);
  await apt.collect(['server'], (name) => name.startsWith('lib'));
  await apt.collect(['server'], (name) => name.startsWith('lib'));
  expect((await calls()).filter((call) => call.startsWith('download'))).toHaveLength(1);
});

test.each(['E: Unable to locate package server', 'E: Failed to fetch http://mirror.example/server.deb  404  Not Found [IP: 192.0.2.1 80]'])(
  'lists of our own are fetched after: %s',
  async (complaint) => {
    const apt = await aptGet(`case "$*" in *Dir::State::lists=*) ;; *) echo "${complaint}" >&2; exit 100 ;; esac\n${SERVER}`);
    expect(await apt.collect(['server'], () => false)).toHaveLength(1);
    expect((await calls()).map((call) => call.split(' ')[0])).toEqual(['install', 'update', 'install', 'download']);
  },
);

test('without a network, the error says what could not be fetched', async () => {
  const apt = await aptGet(`case $command in
install) echo "E: Unable to locate package server" >&2 ;;
update) echo "W: Some index files failed" >&2; echo "E: Failed to fetch http://mirror.example/InRelease  Could not resolve 'mirror.example'" >&2 ;;
esac
exit 100`);
  await expect(apt.collect(['server'], () => false)).rejects.toThrow(
    new PackagesUnavailable("Failed to fetch http://mirror.example/InRelease Could not resolve 'mirror.example'"),
  );
});

test('a distribution without apt is told apart', async () => {
  const apt = new Apt(directory, join(directory, 'none'));
  await expect(apt.collect(['server'], () => false)).rejects.toThrow('this machine has no apt-get to take packages from');
});
