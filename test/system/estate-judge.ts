/** One sandbox and the product's own modules in one process: estate after estate is judged, without a start for each. */
import tls from 'node:tls';
import type { TokenCredential } from '@azure/core-auth';
import { parseEstate } from '../../sandbox/estate.ts';
import { compliantClinic } from '../../sandbox/estates/index.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { issueToken } from '../../sandbox/tokens.ts';
import type { Estate, World } from '../../sandbox/types.ts';
import { checkPolicy } from '../../src/app/policy-file.ts';
import { batchPorts } from '../../src/app/ports.ts';
import { checks as catalogue } from '../../src/checks/index.ts';
import { createAzure } from '../../src/evidence/azure/client.ts';
import { discoverEstate } from '../../src/evidence/inventory.ts';
import { readSettings } from '../../src/settings.ts';
import { judgeBatch } from '../../src/sweep.ts';

export interface JudgedFinding {
  /** the service's, in lower case */
  readonly id: string;
  readonly check: string;
  readonly status: string;
  readonly severity: string;
  readonly message: string;
  readonly observed: string;
}

export interface EstateJudge {
  /** Every finding of these checks, for the estate that is made for this moment; the product's clock stands still at it. */
  judge(make: (now: Date) => object, checks: readonly string[]): Promise<readonly JudgedFinding[]>;
  close(): Promise<void>;
}

/** Short enough that a fault which never ends is over soon, long enough for a busy machine. */
const limits = { backOffMs: 5, retryAfterMs: 1_500, attemptMs: 8_000, callMs: 12_000, tokenMs: 9_000 } as const;

export async function openJudge(): Promise<EstateJudge> {
  const sandbox = await startSandbox(estateOf(compliantClinic(), new Date()));
  const trusted = tls.getCACertificates('default');
  tls.setDefaultCACertificates([sandbox.tls.ca]);
  const settled = readSettings(sandbox.environment);
  if (!settled.ok) throw new Error(settled.problems.join('\n'));
  const { settings } = settled;
  return {
    async judge(make, ids) {
      const moment = sandbox.world.now();
      const now = () => new Date(moment);
      const estate = estateOf(make(now()), moment);
      sandbox.world.replace(estate);
      const policy = checkPolicy(JSON.stringify(estate.policy), 'policy', moment);
      if (!policy.ok) throw new Error(policy.problems.join('\n'));
      const azure = createAzure({
        credential: tokensOf(sandbox.world),
        cloud: settings.cloud,
        now,
        random: () => 0.5,
        limits,
      });
      const signal = AbortSignal.timeout(60_000);
      const listed = await discoverEstate(policy.loaded.policy.estate, azure, signal);
      const checks = catalogue.filter(({ id }) => ids.includes(id));
      const ports = batchPorts({ azure, estate: listed, policy: policy.loaded.policy, settings, checks, now, signal });
      const { postures } = await judgeBatch(listed.services, 'all', ports);
      return postures.flatMap(({ service, findings }) =>
        findings.map(({ check, status, severity, message, observed }) => ({
          id: service.id.toLowerCase(),
          check,
          status,
          severity,
          message,
          observed: JSON.stringify(observed),
        })),
      );
    },
    async close() {
      tls.setDefaultCACertificates(trusted);
      await sandbox.close();
    },
  };
}

function estateOf(file: object, now: Date): Estate {
  const parsed = parseEstate(file, now);
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  return parsed.estate;
}

/** The tokens that the sandbox's identity endpoint gives, without asking it: the SDK would cache them in the process. */
function tokensOf(world: World): TokenCredential {
  return {
    async getToken(scopes) {
      const { token, expiresOn } = issueToken(world, `${[scopes].flat()[0]}`.replace(/\/\.default$/, ''));
      return { token, expiresOnTimestamp: expiresOn * 1000 };
    },
  };
}
