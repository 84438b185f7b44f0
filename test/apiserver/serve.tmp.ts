import { writeFile } from 'node:fs/promises';
import { TestApiServer } from './api-server.ts';
const s = await TestApiServer.start();
await writeFile(`${s.dir}/ca`, s.pki.ca.certificate); await writeFile(`${s.dir}/cert`, s.admin.certificate); await writeFile(`${s.dir}/key`, s.admin.key);
console.log(`${s.url} ${s.dir}`);
const c0 = process.cpuUsage(); process.on('SIGTERM', () => { const c = process.cpuUsage(c0); console.error('cpu ms', Math.round(c.user/1000), Math.round(c.system/1000), 'rss', Math.round(process.memoryUsage.rss()/1e6)); void s[Symbol.asyncDispose]().then(() => { console.error(s.logged.join('\n')); process.exit(0); }); });
