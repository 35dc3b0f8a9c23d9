import type { Gathered, RecordedChange } from '../model.ts';
import { sameId, subscriptionOf } from '../rules/resource-id.ts';
import type { Azure } from './azure/client.ts';
import { textAt, valueAt } from './azure/documents.ts';
import { isObject } from './azure/json.ts';
import { queryGraph } from './azure/resource-graph.ts';

export interface ChangeQuestion {
  /** the resource that was changed: the service, its workspace, a role assignment */
  readonly resourceId: string;
  /** the change was made no later than this; one sweep's lag is the caller's to add */
  readonly before: string;
}

/** How far back Azure is asked; it keeps resource changes 14 days (HF 3.7, unconfirmed) and activity 90. */
const lookBackMs = 7 * 24 * 3600_000;
const longestValue = 200;

/**
 * The last write to a resource before a moment: Resource Graph's resource changes know the property and its values, the
 * activity log knows callers that they leave out. `undefined` where neither recorded anything: never a guess.
 */
export async function findChange(
  { resourceId, before }: ChangeQuestion,
  azure: Azure,
  signal: AbortSignal,
): Promise<Gathered<RecordedChange | undefined>> {
  const since = new Date(Date.parse(before) - lookBackMs).toISOString();
  const [changes, activity] = await Promise.all([
    readChanges(resourceId, since, azure, signal),
    readActivity(resourceId, since, before, azure, signal),
  ]);
  const recorded = [...(changes.ok ? changes.value : []), ...(activity.ok ? activity.value : [])];
  const last = recorded.filter((change) => change.at <= before).sort(latestFirst)[0];
  const failure = changes.ok ? activity : changes;
  if (last === undefined && !failure.ok) return failure;
  const sources = [...changes.sources, ...activity.sources];
  return { ok: true, value: last && withActor(last, recorded), sources, direct: false };
}

/** The latest first; of two at one time the one that knows what was written. */
function latestFirst(a: RecordedChange, b: RecordedChange): number {
  if (a.at !== b.at) return a.at < b.at ? 1 : -1;
  return b.properties.length - a.properties.length;
}

/** Resource Graph often leaves the actor out; the activity log's entry of the same minute has it. */
function withActor(change: RecordedChange, all: readonly RecordedChange[]): RecordedChange {
  if (change.actor !== '') return change;
  const near = all.find((one) => one.actor !== '' && Math.abs(Date.parse(one.at) - Date.parse(change.at)) <= 60_000);
  return near ? { ...near, properties: change.properties } : change;
}

async function readChanges(
  resourceId: string,
  since: string,
  azure: Azure,
  signal: AbortSignal,
): Promise<Gathered<readonly RecordedChange[]>> {
  const subscription = subscriptionOf(resourceId);
  const rows = await queryGraph(
    azure,
    {
      subject: 'resource changes',
      query: `resourcechanges | where tostring(properties.targetResourceId) =~ '${quoted(resourceId)}' | where todatetime(properties.changeAttributes.timestamp) > datetime(${since}) | project id, properties | order by id asc`,
      ...(subscription === undefined ? {} : { subscriptions: [subscription] }),
    },
    signal,
  );
  return rows.ok ? { ...rows, value: rows.value.flatMap((row) => toChange(row) ?? []) } : rows;
}

function toChange(row: unknown): RecordedChange | undefined {
  const at = instant(textAt(row, 'properties', 'changeAttributes', 'timestamp'));
  if (at === undefined) return undefined;
  const attribute = (name: string): string | undefined => textAt(row, 'properties', 'changeAttributes', name);
  const changes = valueAt(row, 'properties', 'changes');
  return {
    at,
    actor: attribute('changedBy') ?? '',
    ...optional('actorType', attribute('changedByType')),
    ...optional('client', attribute('clientType')),
    ...optional('operation', attribute('operation')),
    properties: isObject(changes)
      ? Object.entries(changes).map(([path, change]) => ({
          path,
          before: shown(valueAt(change, 'previousValue')),
          after: shown(valueAt(change, 'newValue')),
        }))
      : [],
  };
}

async function readActivity(
  resourceId: string,
  since: string,
  before: string,
  azure: Azure,
  signal: AbortSignal,
): Promise<Gathered<readonly RecordedChange[]>> {
  const subscription = subscriptionOf(resourceId);
  if (subscription === undefined) return { ok: true, value: [], sources: [], direct: true };
  const events = await azure.list(
    `/subscriptions/${subscription}/providers/Microsoft.Insights/eventtypes/management/values`,
    '2015-04-01',
    {
      $filter: `eventTimestamp ge '${since}' and eventTimestamp le '${before}' and resourceUri eq '${quoted(resourceId)}'`,
    },
    signal,
  );
  return events.ok
    ? { ...events, value: events.value.flatMap((event) => toActivity(event, resourceId) ?? []) }
    : events;
}

function toActivity(event: unknown, resourceId: string): RecordedChange | undefined {
  const at = instant(textAt(event, 'eventTimestamp'));
  const operation = textAt(event, 'operationName', 'value');
  const status = textAt(event, 'status', 'value');
  const wrote = operation !== undefined && /\/(write|delete|action)$/i.test(operation);
  const own = sameId(textAt(event, 'resourceId') ?? '', resourceId);
  if (at === undefined || !wrote || !own || (status !== undefined && !/^succeeded$/i.test(status))) return undefined;
  return { at, actor: textAt(event, 'caller') ?? '', operation, properties: [] };
}

function instant(text: string | undefined): string | undefined {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

function optional<K extends string>(key: K, value: string | undefined): { readonly [P in K]?: string } {
  return value === undefined || value === '' || value === 'Unspecified'
    ? {}
    : ({ [key]: value } as { [P in K]: string });
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? null);
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}

function quoted(text: string): string {
  return text.replaceAll("'", "''").replaceAll('\\', '');
}
