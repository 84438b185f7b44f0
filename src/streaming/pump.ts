import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** Joins two connections until one ends; then both are ended. Resolves when both have closed. */
export function pump(a: Duplex, b: Duplex): Promise<void> {
  const closed = (stream: Duplex, other: Duplex): Promise<void> =>
    new Promise((resolve) => {
      stream.on('error', () => stream.destroy());
      stream.on('close', () => {
        other.destroy();
        resolve();
      });
    });
  const both = [closed(a, b), closed(b, a)];
  a.pipe(b);
  b.pipe(a);
  return Promise.all(both).then(() => undefined);
}

/** Tells a client that the protocol has been switched, in the words that the other server used. */
export function answerUpgrade(socket: Duplex, response: IncomingMessage): void {
  const lines = [`HTTP/1.1 101 ${response.statusMessage ?? 'Switching Protocols'}`];
  for (let i = 0; i + 1 < response.rawHeaders.length; i += 2) lines.push(`${response.rawHeaders[i]}: ${response.rawHeaders[i + 1]}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
}
