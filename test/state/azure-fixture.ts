import { TableClient } from '@azure/data-tables';
import { ContainerClient } from '@azure/storage-blob';
import type { StorageClients } from '../../src/state/azure.ts';

/** Clients of tables and a container of their own: nothing in them is anybody else's. */
export function storageClients(connectionString: string, suffix: string | number): StorageClients {
  const table = (name: string) =>
    TableClient.fromConnectionString(connectionString, `${name}${suffix}`, { allowInsecureConnection: true });
  return {
    findings: table('findings'),
    drifts: table('drifts'),
    baselines: table('baselines'),
    sweeps: table('sweeps'),
    documents: new ContainerClient(connectionString, `documents${suffix}`),
  };
}
