import { QueueServiceClient } from '@azure/storage-queue';
import { parseEstate } from '../sandbox/estate.ts';
import { manyHospitals } from '../sandbox/estates/index.ts';
import { readRules } from '../sandbox/monitor/rules.ts';
import { acceptBaseline } from '../sandbox/story/posture.ts';
import { openStage, type Stage, timers } from '../sandbox/story/stage.ts';
import type { AzureDocument } from '../sandbox/types.ts';
import { atMost, type Figure, median } from './figure.ts';

/** Seconds between a sweep and the change that the next one is to see. */
const moments = [10, 75, 150, 225, 290] as const;
/** Changes that Event Grid tells. */
const told = 2;
const interval = 60 * (timers.sweepNetwork ?? Number.NaN);
/** What the sandbox's Azure Monitor takes at most until a row can be queried. */
const ingestion = 180;
const patienceMs = 60_000;

/**
 * From a changed flag to the card, on the sandbox's clock. Everything is what is deployed: the bundle in the local host on the
 * default schedules, the alert rules evaluated at their frequency over rows that can be queried two to three minutes after
 * they arrived, the action group, the app's Teams function. Each change opens another service of two hospitals.
 */
export async function benchCard(): Promise<readonly Figure[]> {
  const parsed = parseEstate(manyHospitals(undefined, { count: 2, subscriptions: 1 }), new Date());
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  const stage = await openStage((line) => process.stderr.write(`${line}\n`), parsed.estate);
  try {
    await stage.sweep();
    await acceptBaseline(stage.host);
    const services = parsed.estate.resources.filter(({ type }) => /\/(fhir|dicom)services$/i.test(type ?? ''));
    const [bySweep, byEvent] = [services.slice(0, moments.length), services.slice(moments.length).slice(0, told)];
    const swept: Times[] = [];
    for (const [i, service] of bySweep.entries()) swept.push(await waitForSweep(stage, service, moments[i] ?? 0));
    const hinted: Times[] = [];
    for (const service of byEvent) hinted.push(await sendEvent(stage, service));
    return figuresOf(swept, hinted);
  } finally {
    await stage.close();
  }
}

/** Seconds from the change. */
interface Times {
  /** until the app had told it */
  readonly seen: number;
  /** until the card was in the channel */
  readonly card: number;
}

async function waitForSweep(stage: Stage, service: AzureDocument, moment: number): Promise<Times> {
  await toMoment(stage, moment);
  return untilCard(stage, service, open(stage, service));
}

async function sendEvent(stage: Stage, service: AzureDocument): Promise<Times> {
  await toMoment(stage, interval / 3);
  const changedAt = open(stage, service);
  const connection = stage.sandbox.environment.AzureWebJobsStorage ?? '';
  const queue = QueueServiceClient.fromConnectionString(connection).getQueueClient('fhirwatch-changes');
  await queue.createIfNotExists();
  const event = {
    eventType: 'Microsoft.Resources.ResourceWriteSuccess',
    data: { resourceUri: service.id, operationName: `${service.type}/write` },
  };
  await queue.sendMessage(Buffer.from(JSON.stringify(event)).toString('base64'));
  const ends = Date.now() + patienceMs;
  while (toldAt(stage, service) === undefined && Date.now() < ends) await new Promise((go) => setTimeout(go, 100));
  return untilCard(stage, service, changedAt);
}

/** Lets the time pass until so many seconds after the next sweep. */
async function toMoment({ sandbox, pass }: Stage, seconds: number): Promise<void> {
  const since = (sandbox.world.now().getTime() / 1000) % interval;
  await pass((interval - since + seconds) / 60);
}

/** Somebody opens the service to the Internet; when. */
function open({ sandbox: { world } }: Stage, service: AzureDocument): number {
  const estate = world.estate();
  const resources = estate.resources.map((one) =>
    one.id === service.id ? { ...one, properties: { ...Object(one.properties), publicNetworkAccess: 'Enabled' } } : one,
  );
  world.replace({ ...estate, resources });
  return world.now().getTime();
}

async function untilCard(stage: Stage, service: AzureDocument, changedAt: number): Promise<Times> {
  const { cards } = stage.monitor;
  // The Internet's own look at the service is told by itself, a quarter of an hour later.
  const isAbout = ({ summary, card }: (typeof cards)[number]): boolean =>
    summary.includes('public-network-access') && JSON.stringify(card).includes(service.id);
  for (let minutes = 0; !cards.some(isAbout) && minutes < 30; minutes += 1) await stage.pass(1);
  const [card, ...others] = cards.filter(isAbout);
  const seen = toldAt(stage, service);
  if (!card || others.length > 0 || seen === undefined) {
    throw new Error(`instead of one card about ${service.id}: ${cards.map(({ summary }) => summary).join('\n')}`);
  }
  return { seen: (seen - changedAt) / 1000, card: (card.at.getTime() - changedAt) / 1000 };
}

/** When the ingestion service had the opening of a drift of that service. */
function toldAt({ sandbox }: Stage, service: AzureDocument): number | undefined {
  const table = sandbox.telemetry?.telemetryTables().get('AppEvents');
  const names = table?.columns.map(({ name }) => name) ?? [];
  const row = table?.rows.find(
    (one) =>
      one[names.indexOf('Name')] === 'DriftOpened' &&
      JSON.stringify(one[names.indexOf('Properties')]).includes(JSON.stringify(service.id).slice(1, -1)),
  );
  return row && Date.parse(String(row[names.indexOf('_TimeReceived')]));
}

function figuresOf(swept: readonly Times[], hinted: readonly Times[]): readonly Figure[] {
  const rule = readRules().find(({ name }) => name === 'drift-opened');
  if (!rule) throw new Error('there is no rule drift-opened');
  const cards = swept.map(({ card }) => card);
  return [
    { what: `flag to card by the timer (least of ${cards.length})`, value: Math.min(...cards), unit: 's' },
    { what: 'flag to card by the timer (median)', value: median(cards), unit: 's' },
    atMost('flag to card by the timer (most)', Math.max(...cards), 's', interval + rule.frequency),
    { what: '  of it until the app told it (most)', value: Math.max(...swept.map(({ seen }) => seen)), unit: 's' },
    { what: '  of it until a row can be queried, as modelled (most)', value: ingestion, unit: 's' },
    atMost(
      `flag to told by a change event (most of ${hinted.length})`,
      Math.max(...hinted.map(({ seen }) => seen)),
      's',
      60,
    ),
    { what: 'flag to card by a change event (most)', value: Math.max(...hinted.map(({ card }) => card)), unit: 's' },
  ];
}
