import { type Azure, createAzure } from '../evidence/azure/client.ts';
import type { Settings } from '../settings.ts';

/**
 * The way to Azure with the identity at hand: the managed identity where the host offers one, else whatever the person
 * at the terminal is signed in with.
 */
export async function connect(
  settings: Settings,
  environment: Readonly<Record<string, string | undefined>>,
  now: () => Date,
): Promise<Azure> {
  const { DefaultAzureCredential, ManagedIdentityCredential } = await import('@azure/identity');
  const { clientId, authorityHost, tenantId } = settings;
  const credential = environment.IDENTITY_ENDPOINT
    ? new ManagedIdentityCredential(clientId === undefined ? {} : { clientId })
    : new DefaultAzureCredential({ authorityHost, ...(tenantId === undefined ? {} : { tenantId }) });
  return createAzure({ credential, cloud: settings.cloud, now, random: Math.random });
}
