/**
 * One sweep in a process of its own, which is killed at a request: `DYING` holds { name, visit, storage, insights, suffix,
 * killAt }. Request `killAt` is answered and the process killed before it can read the answer; 0 kills before the first.
 * A sweep that ends prints how many requests it made. With `batch` it is that one batch of a sweep that was planned.
 */
import http from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import { insightsSink } from '../../src/alerts/insights.ts';
import { azureStore } from '../../src/state/azure.ts';
import { storageClients } from '../state/azure-fixture.ts';
import { sweepOnce, workOnce } from './clinic.ts';

const { name, visit, storage, insights, suffix, killAt, batch } = JSON.parse(process.env.DYING ?? '{}');
const die = (): void => void process.kill(process.pid, 'SIGKILL');
let requests = 0;
for (const transport of [http, https]) {
  const send = transport.request;
  const counting = (...args: Parameters<typeof http.request>): http.ClientRequest => {
    if (killAt === 0) die();
    requests += 1;
    const request = send(...args);
    if (requests === killAt) request.prependListener('response', die);
    return request;
  };
  transport.request = counting as typeof http.request;
}
syncBuiltinESMExports();

const sink = insightsSink({ connectionString: insights, role: 'test', onLoss: (detail) => console.error(detail) });
const store = azureStore(storageClients(storage, suffix));
const swept = batch === undefined ? sweepOnce(name, visit, store, sink) : workOnce(batch, name, visit, store, sink);
void swept.then(() => process.stdout.write(`${requests}\n`, () => process.exit(0)));
