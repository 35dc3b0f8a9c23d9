import tls from 'node:tls';
import type { TokenCredential } from '@azure/core-auth';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { issueToken } from '../../sandbox/tokens.ts';
import type { Estate, World } from '../../sandbox/types.ts';
import { judgePorts } from '../../src/app/begin.ts';
import type { Planned } from '../../src/app/plan.ts';
import { listEstate } from '../../src/app/plan.ts';
import { checkPolicy, type LoadedPolicy } from '../../src/app/policy-file.ts';
import { contextSource } from '../../src/app/ports.ts';
import type { Log, Service } from '../../src/app/service.ts';
import { checks } from '../../src/checks/index.ts';
import { createAzure } from '../../src/evidence/azure/client.ts';
import type { Evidence, SignalSink, Store } from '../../src/model.ts';
import { readSettings } from '../../src/settings.ts';
import type { BatchPorts } from '../../src/sweep.ts';

/** What a sweep meets: an estate with its faults, under a name that says all of it. */
export interface Scene {
  readonly name: string;
  /** made anew for each reading, since faults count what they have hit */
  make(): Estate;
  readonly hasToken: boolean;
}

/** Short enough that a fault which never ends is over soon: the sandbox is near. */
const limits = { backOffMs: 5, retryAfterMs: 1_500, attemptMs: 8_000, callMs: 12_000, tokenMs: 9_000 } as const;

const log: Log = {
  info: () => {},
  error: (text, ...fields) => process.stderr.write(`${text} ${JSON.stringify(fields)}\n`),
};

/**
 * The product's own way to Azure, in this process, against one sandbox. What it lists and gathers in a scene is kept, and
 * given again to every sweep that meets the same scene and asks for the same: so a month of sweeps has some hundred
 * readings. The sandbox's clock stands still; evidence is judged by the time at which it was read.
 */
export async function openAzure(estate: Estate, store: Store, sink: SignalSink) {
  const sandbox = await startSandbox(estate, { elapsed: () => 0 });
  const trusted = tls.getCACertificates('default');
  tls.setDefaultCACertificates([sandbox.tls.ca]);
  // Node's own resolver, as where no dig exists: a process for every question would take longer than all else.
  const { PATH } = process.env;
  process.env.PATH = '';
  const { world, environment } = sandbox;
  const settled = readSettings(environment);
  if (!settled.ok) throw new Error(settled.problems.join('\n'));
  const { settings } = settled;
  const moment = world.now();
  const policy = loaded(estate, moment);
  const listings = new Map<string, Awaited<ReturnType<typeof listEstate>>>();
  const readings = new Map<string, ReadonlyMap<string, Evidence>>();

  const serviceAt = (now: Date, { hasToken }: Pick<Scene, 'hasToken'>): Service => ({
    settings,
    environment,
    now: () => now,
    azure: async () =>
      createAzure({
        credential: hasToken ? tokensOf(world) : noTokens,
        cloud: settings.cloud,
        now: () => moment,
        random: () => 0.5,
        limits,
      }),
    store: async () => store,
    sink: async () => sink,
  });

  return {
    policy,
    serviceAt,
    /** What Resource Graph lists; the scene is set from then on. */
    async list(scene: Scene) {
      world.replace(scene.make());
      const known = listings.get(scene.name);
      if (known) return known;
      const listed = await listEstate(policy, serviceAt(moment, scene), AbortSignal.timeout(60_000));
      listings.set(scene.name, listed);
      world.replace(scene.make());
      return listed;
    },
    /** What judging that sweep needs. */
    portsOf({ plan, estate: listed }: Planned, now: Date, scene: Scene): BatchPorts {
      const { family, services, confirm: own } = plan;
      // Probes remember when they last asked; logs and roles are asked for the time at which the sandbox stands.
      const asking = serviceAt(family === 'network' ? now : moment, scene);
      const subscriptions = services.map(({ subscriptionId }) => subscriptionId);
      return {
        checks: checks.filter((check) => check.family === family),
        contextOf: contextSource(services, policy.policy, settings.cloud, () => moment),
        onThrow: (check, service, error) => {
          throw new Error(`${check} threw at ${service.id}`, { cause: error });
        },
        async gather(asked, kinds, confirm) {
          const direct = confirm === 'all' ? confirm : [...confirm].sort().join();
          const key = [
            family,
            scene.name,
            [...kinds].join(),
            direct,
            asked.map(({ id }) => id).join(),
            own.join(),
          ].join('\n');
          const known = readings.get(key);
          if (known) return known;
          world.replace(scene.make());
          // A copy: what direct reads have shown is kept for as long as an inventory is.
          const inventory = listed && structuredClone(listed.inventory);
          const shared = { schema: 1 as const, subscriptions, ...(inventory ? { inventory } : {}) };
          const ports = await judgePorts(plan, shared, policy, asking, log);
          const gathered = await ports.gather(asked, kinds, confirm);
          readings.set(key, gathered);
          return gathered;
        },
      };
    },
    async close(): Promise<void> {
      tls.setDefaultCACertificates(trusted);
      process.env.PATH = PATH;
      await sandbox.close();
    },
  };
}

function loaded(estate: Estate, now: Date): LoadedPolicy {
  const checked = checkPolicy(JSON.stringify(estate.policy), 'policy', now);
  if (!checked.ok) throw new Error(checked.problems.join('\n'));
  return checked.loaded;
}

const noTokens: TokenCredential = {
  getToken: async () => {
    throw new Error('no managed identity endpoint answered');
  },
};

/** The tokens that the sandbox's identity endpoint gives, without asking it: the SDK would cache them in the process. */
function tokensOf(world: World): TokenCredential {
  return {
    async getToken(scopes) {
      const { token, expiresOn } = issueToken(world, `${[scopes].flat()[0]}`.replace(/\/\.default$/, ''));
      return { token, expiresOnTimestamp: expiresOn * 1000 };
    },
  };
}
