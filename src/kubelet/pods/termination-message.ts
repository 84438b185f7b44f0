import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ANNOTATIONS } from '../containers/index.ts';
import { readLastLines } from '../server/container-logs.ts';
import type { RuntimeContainer } from './runtime-pod.ts';

const MAX_MESSAGE_BYTES = 4096;
const MAX_LOG_BYTES = 2048;
const MAX_LOG_LINES = 80;

async function readHead(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_MESSAGE_BYTES), 0, MAX_MESSAGE_BYTES, 0);
    return buffer.subarray(0, bytesRead).toString();
  } finally {
    await file.close();
  }
}

/** The last words of a container that has ended: its message file, or after an error, if so asked, the end of its log. */
export async function terminationMessage(container: RuntimeContainer, logDirectory: string): Promise<string> {
  const path = container.annotations[ANNOTATIONS.terminationMessagePath];
  const file = container.mounts.find(({ containerPath }) => containerPath === path)?.hostPath;
  const message = file === undefined ? '' : await readHead(file).catch(() => '');
  if (message !== '' || container.exitCode === 0 || container.annotations[ANNOTATIONS.terminationMessagePolicy] !== 'FallbackToLogsOnError')
    return message;
  const log = container.logPath.startsWith('/') ? container.logPath : join(logDirectory, container.logPath);
  const exists = await stat(log).catch(() => undefined);
  return exists === undefined ? '' : readLastLines(log, MAX_LOG_LINES, MAX_LOG_BYTES);
}
