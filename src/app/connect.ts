import type { TokenCredential } from '@azure/core-auth';
import { type Azure, createAzure } from '../evidence/azure/client.ts';
import type { Settings } from '../settings.ts';

/** The way to Azure with the identity at hand. */
export async function connect(
  settings: Settings,
  environment: Readonly<Record<string, string | undefined>>,
  now: () => Date,
): Promise<Azure> {
  const credential = await credentialFor(settings, environment);
  return createAzure({ credential, cloud: settings.cloud, now, random: Math.random });
}

/** The managed identity where the host offers one, else whatever the person at the terminal is signed in with. */
export async function credentialFor(
  { clientId, authorityHost, tenantId }: Settings,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<TokenCredential> {
  const { DefaultAzureCredential, ManagedIdentityCredential } = await import('@azure/identity');
  return environment.IDENTITY_ENDPOINT
    ? new ManagedIdentityCredential(clientId === undefined ? {} : { clientId })
    : new DefaultAzureCredential({ authorityHost, ...(tenantId === undefined ? {} : { tenantId }) });
}
