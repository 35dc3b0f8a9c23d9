/** The stage of the story: the sandbox, the local Functions host and Azure Monitor, all on one clock that the story moves. */
import { fileURLToPath } from 'node:url';
import { loadEstate } from '../command-line/load-estate.ts';
import { type RunningHost, startHost } from '../host/start.ts';
import { type Monitor, startMonitor } from '../monitor/monitor.ts';
import { appAudience } from '../monitor/webhook-token.ts';
import { warmUp } from '../resource-graph/service.ts';
import { type Sandbox, startSandbox } from '../sandbox.ts';
import type { Estate } from '../types.ts';
import { operatorOf } from './posture.ts';

const bundle = fileURLToPath(new URL('../../dist/functions.cjs', import.meta.url));

export interface Stage {
  readonly estate: Estate;
  readonly sandbox: Sandbox;
  readonly host: RunningHost;
  readonly monitor: Monitor;
  /** a sweep of every family, one after the other */
  sweep(): Promise<void>;
  /** lets time pass for everybody: the estate, the app with its sweeps at their times, and Azure Monitor */
  pass(minutes: number): Promise<void>;
  close(): Promise<void>;
}

/** Between two sweeps, so that the second need not wait for Resource Graph's limit of five seconds. */
const turnMs = 6_000;
/** The app's timers and the minutes between two of their runs, as its default schedules have it. */
export const timers: Readonly<Record<string, number>> = { sweepNetwork: 5, sweepAudit: 15, sweepAccess: 60 };
const stepMs = Math.min(...Object.values(timers)) * 60_000;

/** Errors of the app are shown as they come; everything else of its log is not part of the story. */
export async function openStage(complain: (line: string) => void, estate: Estate = clinic()): Promise<Stage> {
  let skipped = 0;
  const sandbox = await startSandbox(estate, { app: true, elapsed: () => performance.now() + skipped });
  const { telemetry, tls, world, environment } = sandbox;
  // Loading the query language blocks this process for a while; an app that already waits would take it for an outage.
  warmUp(world);
  if (!telemetry) throw new Error('the sandbox has no telemetry workspace');
  let host: RunningHost | undefined;
  const monitor = await startMonitor(world, {
    telemetry,
    tls,
    askHealth: async () =>
      host ? { status: (await fetch(`${host.url}/api/health`)).status } : { failure: 'no answer' },
  });
  host = await startHost({
    bundle,
    env: {
      ...environment,
      WEBSITE_AUTH_ENABLED: 'True',
      WEBSITE_SITE_NAME: 'fhirwatch-story',
      WEBSITE_HOSTNAME: 'fhirwatch-story.azurewebsites.net',
      FHIRWATCH_TEAMS_WORKFLOW_URL: monitor.teamsUrl,
    },
    clockOffsetMs: world.now().getTime() - Date.now(),
    caller: operatorOf(estate.tenantId),
    holdTimers: true,
    onLog: (line) => {
      if (line.includes('[error]')) complain(line);
    },
  });
  monitor.callWebhook(`${host.url}/api/teams`, appAudience);
  const running = host;
  const skip = (ms: number): void => {
    skipped += ms;
    running.advanceClock(ms);
  };
  let nextSweep = Math.ceil(world.now().getTime() / stepMs) * stepMs;
  const passTo = async (time: number): Promise<void> => {
    skip(Math.max(0, time - world.now().getTime()));
    await monitor.tick();
  };
  const sweep = async (names: readonly string[]): Promise<void> => {
    for (const [index, name] of names.entries()) {
      if (index > 0) skip(turnMs);
      await running.fire(name);
    }
  };
  return {
    estate,
    sandbox,
    host: running,
    monitor,
    sweep: () => sweep(Object.keys(timers)),
    async pass(minutes) {
      const end = world.now().getTime() + minutes * 60_000;
      for (; nextSweep <= end; nextSweep += stepMs) {
        await passTo(nextSweep);
        await sweep(Object.keys(timers).filter((name) => (nextSweep / 60_000) % (timers[name] ?? 1) === 0));
      }
      await passTo(end);
    },
    async close() {
      await running.close();
      await monitor.close();
      await sandbox.close();
    },
  };
}

function clinic(): Estate {
  const loaded = loadEstate('compliantClinic');
  if (!loaded.ok) throw new Error(loaded.problems.join('\n'));
  return loaded.estate;
}
