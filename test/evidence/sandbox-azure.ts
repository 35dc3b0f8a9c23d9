/** A client of the product, pointed at a sandbox in this process. */
import tls from 'node:tls';
import { ManagedIdentityCredential } from '@azure/identity';
import { vi } from 'vitest';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { type Azure, createAzure } from '../../src/evidence/azure/client.ts';
import { readSettings } from '../../src/settings.ts';
import { testLimits } from './azure-fixture.ts';

/** This process trusts the sandbox and has its identity; end with `vi.unstubAllEnvs()`. */
export function trust(sandbox: Sandbox): void {
  tls.setDefaultCACertificates([sandbox.tls.ca]);
  for (const [name, value] of Object.entries(sandbox.environment)) vi.stubEnv(name, value);
}

export function azureOf(sandbox: Sandbox): Azure {
  const settled = readSettings(sandbox.environment);
  if (!settled.ok) throw new Error(settled.problems.join('\n'));
  return createAzure({
    credential: new ManagedIdentityCredential(),
    cloud: settled.settings.cloud,
    now: () => sandbox.world.now(),
    random: () => 0.5,
    limits: testLimits,
  });
}
