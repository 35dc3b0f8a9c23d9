import { execFile } from 'node:child_process';
import type { DnsClient } from './answer.ts';
import { digClient } from './dig-client.ts';
import { nodeClient } from './node-client.ts';
import type { DnsClientOptions } from './resolver.ts';
import { systemDnsServers } from './servers.ts';

let known: Promise<boolean> | undefined;

/** With `dig` where it runs, else with Node's own resolver. No servers named: those of this machine. */
export async function chooseDnsClient(servers: readonly string[] = [], options?: DnsClientOptions): Promise<DnsClient> {
  const chosen = servers.length > 0 ? servers : systemDnsServers();
  known ??= hasDig();
  return (await known) ? digClient(chosen, options) : nodeClient(chosen, options);
}

/** Whether `dig` is there and starts; the images of Azure Functions need not carry it. */
export function hasDig(): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('dig', ['-v'], { timeout: 3000 }, (error) => resolve(error === null));
  });
}
