/**
 * The sandbox's Azure Monitor: runs the deployed alert rules on their schedule over the rows of the telemetry workspace,
 * runs the web tests from outside, and notifies through an action group with a mail inbox and a Teams channel.
 *
 * Its clock is moved by `advanceTo` alone: everything that is due on the way happens at its own time, in order, whatever
 * the real time. It may run ahead of the world's clock.
 */
import type { RunningIngestion } from '../data-plane/ingestion.ts';
import type { TlsMaterial, World } from '../types.ts';
import { actionGroup, type Webhook, type WebhookCall } from './action-group.ts';
import { type Alert, type AlertState, alertState } from './alerts.ts';
import { type AlertScope, type CommonAlert, disabledRuleAlert, logAlert, webTestAlert } from './common-schema.ts';
import { evaluate } from './evaluate.ts';
import { startInbox } from './inbox.ts';
import type { Mail } from './mail.ts';
import { type AlertRule, readRules } from './rules.ts';
import { type IngestionDelay, visibleAt } from './visible.ts';
import { healthWebTest, runWebTest, serviceWebTests, type WebTest } from './web-tests.ts';
import { webhookToken } from './webhook-token.ts';
import { type ReceivedCard, startWorkflow, type Workflow } from './workflows.ts';

export interface MonitorOptions {
  readonly telemetry: Pick<RunningIngestion, 'telemetryTables' | 'addRows' | 'workspace'>;
  readonly tls: TlsMaterial;
  /** default: the ones in `infra/alerts` */
  readonly rules?: readonly AlertRule[];
  /** default: two to three minutes */
  readonly ingestionDelay?: IngestionDelay;
  /** what the Internet gets of the app's `GET /api/health`; absent: nobody asks */
  readonly askHealth?: WebTest['ask'];
  readonly mailTo?: readonly string[];
  /** where the app would be reached; the rules put its report into their custom properties */
  readonly appUrl?: string;
}

/** A rule as its resource health shows it. */
export interface RuleHealth {
  readonly name: string;
  readonly enabled: boolean;
  /** since when its query fails, and the error */
  readonly failing?: { readonly since: Date; readonly error: string };
  readonly open: readonly Alert[];
  /** combinations that the service's limits kept from firing */
  readonly dropped: number;
  readonly evaluations: number;
}

export interface Monitor {
  /** where both inboxes are shown */
  readonly url: string;
  /** what FHIRWATCH_TEAMS_WORKFLOW_URL is to hold */
  readonly teamsUrl: string;
  readonly mails: readonly Mail[];
  readonly cards: readonly ReceivedCard[];
  /** every alert as it was sent, in order */
  readonly alerts: readonly CommonAlert[];
  readonly calls: readonly WebhookCall[];
  readonly lost: readonly { readonly at: Date; readonly alertId: string; readonly reason: string }[];
  /** makes the workflow refuse its next calls */
  readonly teams: Pick<Workflow, 'refuse' | 'answers'>;
  /** the action group calls this address from now on, with a token for that audience */
  callWebhook(url: string, audience: string): void;
  rules(): readonly RuleHealth[];
  /** as a person switches a rule off in the portal; false: there is no rule of this name */
  disable(name: string): boolean;
  now(): Date;
  /** does all that is due up to that time; refuses to go back */
  advanceTo(date: Date): Promise<void>;
  /** up to the world's time, where it is ahead */
  tick(): Promise<void>;
  close(): Promise<void>;
}

/** Something that happens at fixed intervals. */
interface Job {
  readonly every: number;
  due: number;
  run(at: Date): Promise<void> | void;
}

const week = 7 * 86_400_000;

export async function startMonitor(world: World, options: MonitorOptions): Promise<Monitor> {
  const { telemetry, tls, rules = readRules(), ingestionDelay = { least: 120, most: 180 } } = options;
  let position = world.now().getTime();
  let webhook: Webhook | undefined;
  const now = (): Date => new Date(position);
  const alerts: CommonAlert[] = [];
  const group = actionGroup({ mailTo: options.mailTo ?? ['fhir-oncall@clinic.example'], webhook: () => webhook });
  const scope = scopeOf(world, telemetry.workspace);
  const notify = (alert: CommonAlert, at: Date): void => {
    alerts.push(alert);
    group.notify(alert, at);
  };
  const surroundings = { telemetry, ingestionDelay, scope, notify };
  const customProperties = {
    report: `${options.appUrl ?? 'https://fhirwatch.azurewebsites.net'}/api/report?format=html`,
  };
  const watched = rules.map((rule) => ruleJob({ ...rule, customProperties }, surroundings, position));
  const services = serviceWebTests(() => world.estate()).map((test) => webTestJob(test, surroundings, position));
  const health = options.askHealth ? [healthJob(healthWebTest(options.askHealth), surroundings, position)] : [];
  const jobs: readonly Job[] = [...services, ...health, ...watched.map(({ job }) => job)];

  const advanceTo = async (date: Date): Promise<void> => {
    if (date.getTime() < position) throw new Error(`the monitor is at ${now().toISOString()} and cannot go back`);
    for (;;) {
      const job = jobs.reduce<Job | undefined>(
        (first, one) => (first && first.due <= one.due ? first : one),
        undefined,
      );
      const call = group.nextCall()?.getTime() ?? Number.POSITIVE_INFINITY;
      const next = Math.min(job?.due ?? Number.POSITIVE_INFINITY, call);
      if (next > date.getTime()) break;
      position = Math.max(position, next);
      if (call <= next || job === undefined) await group.call(now());
      else {
        job.due += job.every * 1000;
        await job.run(now());
      }
    }
    position = date.getTime();
  };
  let moving: Promise<void> = Promise.resolve();
  const move = (date: () => Date): Promise<void> => {
    const moved = moving.then(() => advanceTo(date()));
    moving = moved.catch(() => undefined);
    return moved;
  };

  const workflow = await startWorkflow(world, tls, now);
  const inbox = await startInbox(world, { mails: group.mails, cards: workflow.cards }).catch(async (error: unknown) => {
    await workflow.close();
    throw error;
  });
  return {
    url: inbox.url,
    teamsUrl: workflow.url,
    mails: group.mails,
    cards: workflow.cards,
    alerts,
    calls: group.calls,
    lost: group.lost,
    teams: workflow,
    callWebhook: (url, audience) => {
      webhook = { url, token: () => webhookToken(world, audience) };
    },
    rules: () => watched.map(({ health }) => health()),
    disable: (name) => {
      const found = watched.find(({ health }) => health().name === name);
      found?.disable();
      return found !== undefined;
    },
    now,
    advanceTo: (date) => move(() => date),
    tick: () => move(() => new Date(Math.max(position, world.now().getTime()))),
    close: async () => {
      await Promise.all([workflow.close(), inbox.close()]);
    },
  };
}

interface RuleSurroundings {
  readonly telemetry: MonitorOptions['telemetry'];
  readonly ingestionDelay: IngestionDelay;
  readonly scope: AlertScope;
  notify(alert: CommonAlert, at: Date): void;
}

function ruleJob(
  rule: AlertRule,
  { telemetry, ingestionDelay, scope, notify }: RuleSurroundings,
  start: number,
): { readonly job: Job; health(): RuleHealth; disable(): void } {
  const state: AlertState = alertState(rule);
  let failing: RuleHealth['failing'];
  let enabled = true;
  let evaluations = 0;
  const fail = (error: string, at: Date): void => {
    failing = { since: failing?.since ?? at, error };
    if (at.getTime() - failing.since.getTime() < week) return;
    enabled = false;
    const alert = { id: crypto.randomUUID(), dimensions: [], value: 1, firedAt: at };
    notify(disabledRuleAlert(disabledRule, alert, scope, rule.name), at);
  };
  const run = (at: Date): void => {
    if (!enabled) return;
    evaluations += 1;
    const evaluation = evaluate(rule, visibleAt(telemetry.telemetryTables(), at, ingestionDelay), at);
    if (!evaluation.ok) {
      fail(evaluation.error, at);
      return;
    }
    failing = undefined;
    const deployed = { ...rule, name: `fhirwatch-${rule.name}` };
    for (const alert of state.take(evaluation.readings, at))
      notify(logAlert(deployed, alert, scope, evaluation.from, at), at);
  };
  return {
    job: { every: rule.frequency, due: firstDue(start, rule.frequency), run },
    disable: () => {
      enabled = false;
    },
    health: () => ({
      name: rule.name,
      enabled,
      ...(failing === undefined ? {} : { failing }),
      open: state.open(),
      dropped: state.dropped(),
      evaluations,
    }),
  };
}

/** The activity log alert of infra/modules/alerts.bicep; such alerts have the lowest severity. */
const disabledRule = {
  name: 'fhirwatch-rules-disabled',
  severity: 4,
  description: 'An alert rule or the action group of fhirwatch was deleted, or Azure disabled a rule.',
};

/** The metric alert of infra/modules/alerts.bicep: as many places as this saw the test fail within the last three runs. */
const healthRule = {
  name: 'fhirwatch-health',
  severity: 1,
  description:
    'GET /api/health does not answer 200 to three places in the world: the app is down, or a family of checks is overdue.',
  locations: 3,
  runs: 3,
};

function webTestJob(test: WebTest, { telemetry }: RuleSurroundings, start: number): Job {
  const run = async (at: Date): Promise<void> =>
    telemetry.addRows('AppAvailabilityResults', await runWebTest(test, at));
  return { every: test.every, due: firstDue(start, test.every), run };
}

function healthJob(test: WebTest, { telemetry, scope, notify }: RuleSurroundings, start: number): Job {
  const state = alertState({ autoMitigate: true, frequency: test.every });
  let recent: readonly (readonly string[])[] = [];
  const run = async (at: Date): Promise<void> => {
    const rows = await runWebTest(test, at);
    telemetry.addRows('AppAvailabilityResults', rows);
    const failed = rows.filter((row) => row.Success !== true).map((row) => String(row.Location));
    recent = [failed, ...recent].slice(0, healthRule.runs);
    const value = new Set(recent.flat()).size;
    const readings = [{ dimensions: [], value, violates: value >= healthRule.locations }];
    for (const alert of state.take(readings, at)) notify(webTestAlert(healthRule, alert, scope, test.name, at), at);
  };
  return { every: test.every, due: firstDue(start, test.every), run };
}

/** The service evaluates at whole multiples of the interval. */
function firstDue(start: number, every: number): number {
  return (Math.floor(start / (every * 1000)) + 1) * every * 1000;
}

function scopeOf(world: World, { id, customerId }: RunningIngestion['workspace']): AlertScope {
  const [, , subscriptionId = '', , resourceGroup = ''] = id.split('/');
  const component = `${id.split('/providers/')[0]}/providers/microsoft.insights/components/appi-fhirwatch`;
  return { tenantId: world.estate().tenantId, subscriptionId, resourceGroup, workspace: { id, customerId }, component };
}
