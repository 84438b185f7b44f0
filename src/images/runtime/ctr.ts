import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';

/** Where the kubelet's images are, among containerd's. */
const NAMESPACE = 'k8s.io';

/** Runs containerd's own `ctr` on one containerd; resolves with what it prints. Throws with what it says when it fails. */
export async function ctr(socket: string, args: readonly string[], input?: Buffer | Readable): Promise<string> {
  const child = spawn('ctr', ['--address', socket, '--namespace', NAMESPACE, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  const source = input instanceof Readable ? input : Readable.from(input === undefined ? [] : [input]);
  // Broken off when `ctr` ends before it has read everything: its exit code says why.
  const fed = pipeline(source, child.stdin).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error,
  );
  const [output, complaint, [code], feedError] = await Promise.all([text(child.stdout), text(child.stderr), closed, fed]);
  if (feedError !== undefined && feedError.code !== 'EPIPE' && feedError.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw feedError;
  if (code !== 0) throw new Error(complaint.replace(/^ctr: /, '').trim() || `ctr ${args.join(' ')} failed with ${String(code)}`);
  return output;
}
