import { TableClient } from '@azure/data-tables';
import { ContainerClient } from '@azure/storage-blob';
import type { StorageClients } from '../../src/state/azure.ts';

/** Clients of tables and a container of their own: nothing in them is anybody else's. `once`: they try nothing again. */
export function storageClients(connectionString: string, suffix: string | number, once = false): StorageClients {
  const table = (name: string) =>
    TableClient.fromConnectionString(connectionString, `${name}${suffix}`, {
      allowInsecureConnection: true,
      ...(once ? { retryOptions: { maxRetries: 0 } } : {}),
    });
  return {
    findings: table('findings'),
    drifts: table('drifts'),
    baselines: table('baselines'),
    sweeps: table('sweeps'),
    documents: new ContainerClient(
      connectionString,
      `documents${suffix}`,
      once ? { retryOptions: { maxTries: 1 } } : {},
    ),
  };
}
