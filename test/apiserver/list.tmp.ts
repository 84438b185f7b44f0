import https from 'node:https'; import fs from 'node:fs';
const [url, dir] = process.argv.slice(2) as [string, string];
const agent = new https.Agent({ keepAlive: true, maxSockets: 16, ca: fs.readFileSync(dir + '/ca'), cert: fs.readFileSync(dir + '/cert'), key: fs.readFileSync(dir + '/key') });
const req = (method: string, path: string, body?: object) => new Promise<number>((res, rej) => { const r = https.request(url + path, { method, agent, headers: body ? { 'content-type': 'application/json' } : {} }, (m) => { let n = 0; m.on('data', (d) => { n += d.length; }); m.on('end', () => res(n)); }); r.on('error', rej); r.end(body && JSON.stringify(body)); });
const P = '/api/v1/namespaces/default/configmaps'; const pay = 'x'.repeat(1024);
let i = 0; await Promise.all(Array.from({ length: 16 }, async () => { while (i < 3000) await req('POST', P, { metadata: { name: 'c' + i++ }, data: { k: pay } }); }));
const t: number[] = []; for (let k = 0; k < 100; k++) { const a = performance.now(); await req('GET', P); t.push(performance.now() - a); } t.sort((a, b) => a - b); console.log('list p50', t[50], 'min', t[0]);
process.exit(0);
