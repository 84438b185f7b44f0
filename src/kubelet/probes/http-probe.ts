import http from 'node:http';
import https from 'node:https';
import { dialText } from './dial.ts';
import { failure, success, type ProbeResult } from './probe-result.ts';

const MAX_BODY_BYTES = 10 * 1024;
const MAX_REDIRECTS = 10;

export interface HttpProbe {
  url: URL;
  headers: Record<string, string>;
  timeoutMs: number;
}

interface Answer {
  status: number;
  location: string | undefined;
  body: string;
}

function withDefaults(headers: Record<string, string>): Record<string, string> {
  const present = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const result = { ...headers };
  if (!present.has('user-agent')) result['User-Agent'] = 'kube-probe/1.36';
  if (!present.has('accept')) result.Accept = '*/*';
  return result;
}

function request(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const send = url.protocol === 'https:' ? https.request : http.request;
  // Probes ask whether the server is well, not whether its certificate is.
  const call = send(url, { headers, signal, agent: false, rejectUnauthorized: false }, (response) => {
    let body = '';
    const done = (): void => {
      resolve({ status: response.statusCode ?? 0, location: response.headers.location, body });
      call.destroy();
    };
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      body += chunk;
      if (body.length >= MAX_BODY_BYTES) done();
    });
    response.on('end', done);
    response.on('error', reject);
  });
  call.on('error', reject);
  call.end();
  return promise;
}

function errorText(url: URL, error: unknown, timedOut: boolean): string {
  if (timedOut) return `Get ${JSON.stringify(url.href)}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)`;
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return `Get ${JSON.stringify(url.href)}: ${dialText(`${url.hostname}:${port}`, error)}`;
}

/** Asks by GET; 200 to 399 is success. Follows redirects within the host only. */
export async function probeHttp({ url, headers, timeoutMs }: HttpProbe): Promise<ProbeResult> {
  const signal = AbortSignal.timeout(timeoutMs);
  let target = url;
  try {
    for (let redirects = 0; ; redirects++) {
      const answer = await request(target, withDefaults(headers), signal);
      if (answer.status < 200 || answer.status >= 400) return failure(`HTTP probe failed with statuscode: ${answer.status}`);
      if (answer.status < 300 || answer.location === undefined) return success(answer.body);
      const next = new URL(answer.location, target);
      if (next.hostname !== url.hostname) return success(`Probe terminated redirects, Response body: ${answer.body}`);
      if (redirects === MAX_REDIRECTS) return failure(`Get ${JSON.stringify(next.href)}: stopped after ${MAX_REDIRECTS} redirects`);
      target = next;
    }
  } catch (error) {
    return failure(errorText(target, error, signal.aborted));
  }
}
