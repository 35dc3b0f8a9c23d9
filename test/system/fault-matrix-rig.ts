/** Sandboxes and the product's own modules in one process: a compliant estate is judged under one set of faults after another. */
import tls from 'node:tls';
import type { TokenCredential } from '@azure/core-auth';
import { createDefaultHttpClient } from '@azure/core-rest-pipeline';
import { parseEstate } from '../../sandbox/estate.ts';
import { compliantClinic } from '../../sandbox/estates/index.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { Estate as SandboxEstate } from '../../sandbox/types.ts';
import { checkPolicy } from '../../src/app/policy-file.ts';
import { contextSource } from '../../src/app/ports.ts';
import { checks } from '../../src/checks/index.ts';
import { createAzure } from '../../src/evidence/azure/client.ts';
import { gatherEvidence } from '../../src/evidence/collectors.ts';
import { discoverEstate, type Estate } from '../../src/evidence/inventory.ts';
import { createProbeMemory } from '../../src/evidence/probe/memory.ts';
import type { Posture } from '../../src/model.ts';
import { resolveExpectations } from '../../src/policy.ts';
import { readSettings } from '../../src/settings.ts';
import { judgeBatch } from '../../src/sweep.ts';

/** A service that nobody uses: only its traffic metric says that silence in its audit log is innocent. */
export const quietService = 'research';

export interface Told {
  readonly status: string;
  readonly severity: string;
  readonly message: string;
  readonly observed: object;
}

export interface Judged {
  /** by `service/check` */
  readonly findings: ReadonlyMap<string, Told>;
  readonly problems: number;
}

export interface CaseOptions {
  readonly faults: readonly object[];
  /** also list the estate anew; otherwise the one listed without any fault is judged */
  readonly discover: boolean;
  /** one try of one call; short only where what hangs is to be given up */
  readonly attemptMs: number;
  readonly attempts: number;
}

export interface Rig {
  /** Judges the estate under these faults; rejects as the product does where it cannot be listed. */
  judge(options: CaseOptions): Promise<Judged>;
  close(): Promise<void>;
  /** the ports that must be closed afterwards */
  readonly ports: readonly number[];
}

/** Starts as many sandboxes; a case waits until one of them is free. */
export async function openRig(count: number): Promise<Rig> {
  const sandboxes = await Promise.all(
    Array.from({ length: count }, () => startSandbox(estateWith([]), { elapsed: () => 0 })),
  );
  const trusted = tls.getCACertificates('default');
  tls.setDefaultCACertificates(sandboxes.map((sandbox) => sandbox.tls.ca));
  const [first] = sandboxes;
  if (first === undefined) throw new Error('a rig needs a sandbox');
  const free = [...sandboxes];
  const waiting: ((sandbox: Sandbox) => void)[] = [];
  const listed = await list(first, { faults: [], discover: true, attemptMs: 20_000, attempts: 2 });
  return {
    ports: sandboxes.flatMap(({ endpoints }) =>
      Object.values(endpoints).flatMap((address) => Number(/:(\d+)(?:\/|$)/.exec(address)?.[1] ?? Number.NaN)),
    ),
    async judge(options) {
      const sandbox = free.pop() ?? (await new Promise<Sandbox>((resolve) => waiting.push(resolve)));
      try {
        return await judgeIn(sandbox, listed, options);
      } finally {
        const next = waiting.shift();
        if (next) next(sandbox);
        else free.push(sandbox);
      }
    },
    async close() {
      tls.setDefaultCACertificates(trusted);
      await Promise.all(sandboxes.map((sandbox) => sandbox.close()));
    },
  };
}

async function judgeIn(sandbox: Sandbox, known: Estate, options: CaseOptions): Promise<Judged> {
  sandbox.world.replace(estateWith(options.faults));
  const estate = options.discover ? await list(sandbox, options) : known;
  const { azure, settings, policy, signal, now } = connect(sandbox, options);
  const inventory = { ...estate.inventory };
  const expect = (service: Posture['service']) => resolveExpectations(policy, service);
  const { attemptMs, attempts } = options;
  const dns = {
    servers: settings.dnsServers,
    vantageRecord: policy.vantage.record,
    patienceMs: Math.min(1_500, attemptMs),
    limits: { proofMs: 4 * attemptMs, lookupMs: 4 * attemptMs, allLookupsMs: 8 * attemptMs, atOnce: 16 },
  };
  const probing = {
    memory: createProbeMemory(),
    proxy: settings.probeProxy,
    telemetryWorkspace: settings.telemetryWorkspace,
    limits: { attempts, attemptMs, waitsMs: [1, 1], retryAfterMs: 2_000, bodyBytes: 2_000_000 },
  };
  const { postures } = await judgeBatch(estate.services, 'all', {
    checks,
    contextOf: contextSource(estate.services, policy, settings.cloud, now),
    gather: (services, kinds, confirm) =>
      gatherEvidence(
        {
          services,
          // of its own: what a sweep has read goes with its inventory
          inventory,
          confirm,
          azure,
          dns,
          probing,
          signal,
          optIn: new Set(policy.optIn),
          expect,
          now,
        },
        kinds,
      ),
    onThrow: (check, { name }, error) => {
      throw new Error(`${name}/${check} threw`, { cause: error });
    },
  });
  return { findings: tell(postures), problems: estate.problems.length };
}

function tell(postures: readonly Posture[]): Judged['findings'] {
  return new Map(
    postures.flatMap(({ service, findings }) =>
      findings.map(({ check, status, severity, message, observed }) => [
        `${service.name}/${check}`,
        { status, severity, message: message.replaceAll(/(127\.0\.0\.1|localhost):\d+/g, '$1'), observed },
      ]),
    ),
  );
}

async function list(sandbox: Sandbox, options: CaseOptions): Promise<Estate> {
  const { azure, policy, signal } = connect(sandbox, options);
  return discoverEstate(policy.estate, azure, signal);
}

function connect(sandbox: Sandbox, { attemptMs, attempts }: CaseOptions) {
  const settled = readSettings(sandbox.environment);
  if (!settled.ok) throw new Error(settled.problems.join('\n'));
  const now = () => sandbox.world.now();
  const read = checkPolicy(JSON.stringify(sandbox.world.estate().policy), 'policy', now());
  if (!read.ok) throw new Error(read.problems.join('\n'));
  const azure = createAzure({
    credential: tokensOf(sandbox),
    cloud: settled.settings.cloud,
    now,
    random: () => 0.5,
    http,
    limits: {
      attempts,
      throttledAttempts: attempts,
      attemptMs,
      callMs: 4 * attemptMs,
      tokenMs: attemptMs,
      backOffMs: 1,
      retryAfterMs: 1_500,
      waitMs: 3_000,
    },
  });
  const signal = AbortSignal.timeout(120_000);
  return { azure, settings: settled.settings, policy: read.loaded.policy, signal, now };
}

/** Asks the identity endpoint each time; the SDK would keep tokens for the whole process, over all cases. */
function tokensOf({ environment }: Sandbox): TokenCredential {
  return {
    async getToken(scopes, options) {
      const resource = `${[scopes].flat()[0]}`.replace(/\/\.default$/, '');
      const url = `${environment.IDENTITY_ENDPOINT}?api-version=2019-08-01&resource=${encodeURIComponent(resource)}`;
      const headers = { 'x-identity-header': environment.IDENTITY_HEADER ?? '' };
      for (let tried = 1; ; tried += 1) {
        const answer = await fetch(url, { headers, signal: (options?.abortSignal as AbortSignal) ?? null }).catch(
          (error: unknown) => {
            if (tried < 3 && !options?.abortSignal?.aborted) return undefined;
            throw error;
          },
        );
        if (answer === undefined || (tried < 3 && (answer.status === 429 || answer.status >= 500))) continue;
        if (!answer.ok) throw Object.assign(new Error('no token'), { statusCode: answer.status });
        const body: unknown = await answer.json();
        const { access_token: token, expires_on: expires } = body as { access_token: string; expires_on: string };
        return { token, expiresOnTimestamp: Number(expires) * 1000 };
      }
    },
  };
}

/** One pool of connections for all cases: shaking hands would cost more than asking. */
const http = createDefaultHttpClient();

const clinic = compliantClinic();

/** The compliant clinic, which watches the directory too, with one service that has neither traffic nor audit rows. */
function estateWith(faults: readonly object[]): SandboxEstate {
  const isQuiet = (id: string) => id.toLowerCase().endsWith(`/${quietService}`);
  const logs = Object.entries(clinic.logs).map(([workspace, tables]) => [
    workspace,
    Object.fromEntries(
      Object.entries(tables).map(([name, rows]) => [name, rows.filter((row) => !isQuiet(String(row._ResourceId)))]),
    ),
  ]);
  const metrics = Object.entries(clinic.metrics).map(([id, series]) => [
    id,
    isQuiet(id) ? { TotalRequests: (series.TotalRequests ?? []).map(([at]) => [at, 0]) } : series,
  ]);
  const file = {
    ...clinic,
    policy: { ...clinic.policy, optIn: ['directory'] },
    logs: Object.fromEntries(logs),
    metrics: Object.fromEntries(metrics),
    faults,
  };
  const parsed = parseEstate(file, new Date(clinic.now));
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  return parsed.estate;
}
