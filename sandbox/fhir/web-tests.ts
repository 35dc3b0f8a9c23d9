import { KNOWN_TABLES } from '../data-plane/known-tables.ts';
import type { TelemetryWorkspace } from '../data-plane/log-query.ts';
import { knownTable, mergeTables, type Tables } from '../data-plane/log-tables.ts';
import { hostsOf, resolveName } from '../dns/derive.ts';
import type { ServiceHost } from '../dns/service-hosts.ts';
import { deriveId } from '../estate.ts';
import type { KqlTable } from '../kql/engine.ts';
import type { Estate, JsonObject, World } from '../types.ts';
import { answerAt } from './answers.ts';
import { wayTo } from './ways.ts';

/** The app's own workspace, in a subscription of its own beside the estate. */
export function telemetryWorkspaceOf({ name }: Estate): { readonly id: string; readonly customerId: string } {
  const group = `/subscriptions/${deriveId('monitor subscription', name)}/resourceGroups/rg-fhirwatch/providers`;
  return {
    id: `${group}/Microsoft.OperationalInsights/workspaces/log-fhirwatch`,
    customerId: deriveId('monitor workspace', name),
  };
}

/**
 * The workspace as a query sees it: what arrived, and, for hosts of which no web test has reported, what one that ran a
 * moment ago would have.
 */
export function withWebTests(world: World, arrived?: TelemetryWorkspace): TelemetryWorkspace {
  const workspace = arrived ?? {
    ...telemetryWorkspaceOf(world.estate()),
    name: 'log-fhirwatch',
    tables: () => new Map(),
  };
  return {
    ...workspace,
    tables: () => {
      const tables = workspace.tables();
      const reported = reportedTests(tables);
      const all = webTestTable(world.estate(), world.now());
      const added = reported.size === 0 ? all : without(all, reported);
      return tables.has(TABLE)
        ? mergeTables([tables, new Map([[TABLE, added]])])
        : new Map([...tables, [TABLE, added]]);
    },
  };
}

const latest = new WeakMap<Estate, { readonly at: number; readonly table: KqlTable }>();

/** One query asks for the table several times. */
function webTestTable(estate: Estate, now: Date): KqlTable {
  const known = latest.get(estate);
  if (known?.at === now.getTime()) return known.table;
  const table = knownTable(webTestRows(estate, now), KNOWN_TABLES.get(TABLE));
  latest.set(estate, { at: now.getTime(), table });
  return table;
}

function without({ columns, rows }: KqlTable, names: ReadonlySet<string>): KqlTable {
  const place = columns.findIndex(({ name }) => name === 'Name');
  return { columns, rows: rows.filter((row) => !names.has(String(row[place]))) };
}

const TABLE = 'AppAvailabilityResults';
/** how long ago the last run was */
const AGO_MS = 120_000;

function reportedTests(tables: Tables): ReadonlySet<string> {
  const table = tables.get(TABLE);
  const place = table?.columns.findIndex(({ name }) => name === 'Name') ?? -1;
  return new Set(place < 0 ? [] : table?.rows.map((row) => String(row[place])));
}

/** What came back from outside. */
export type OutsideAnswer = { readonly status: number } | { readonly failure: string };

interface Tested {
  readonly id: string;
  readonly host: string;
  readonly answer: OutsideAnswer;
}

/** What the deployed web tests of services expect: to be turned away at the edge. */
export const expectedOutside = 403;
/** Where they run. */
export const outside = 'West Europe';

const statuses = new WeakMap<Estate, readonly Tested[]>();

function publicStatuses(estate: Estate): readonly Tested[] {
  const services = [...hostsOf(estate).values()].filter(({ kind }) => kind !== 'workspace');
  return services.map((service) => {
    const { host } = service;
    return { id: deriveId('web test', host), host, answer: publicAnswer(estate, service) };
  });
}

/** One run of the standard web tests that `infra` deploys, one a host. */
export function webTestRows(estate: Estate, now: Date): readonly JsonObject[] {
  if (!estate.monitor.publicVantage) return [];
  const known = statuses.get(estate) ?? publicStatuses(estate);
  statuses.set(estate, known);
  return known.map(({ id, host, answer }) => ({
    TimeGenerated: new Date(now.getTime() - AGO_MS).toISOString(),
    Type: TABLE,
    Id: id,
    Name: `public ${host}`,
    Location: outside,
    ...resultOf(answer, expectedOutside),
    DurationMs: 42,
    SourceSystem: 'Azure',
  }));
}

/** An answer as Application Insights writes it into a result. */
export function resultOf(
  answer: OutsideAnswer,
  expected: number,
): { readonly Success: boolean; readonly Message: string } {
  if (!('status' in answer)) return { Success: false, Message: answer.failure };
  const Success = answer.status === expected;
  return { Success, Message: Success ? 'Passed' : `Response code ${answer.status} is not the expected ${expected}` };
}

/** What the Internet gets of a service. */
export function publicAnswer(estate: Estate, { host, kind }: ServiceHost): OutsideAnswer {
  const { answers } = resolveName(estate, 'public', host, 'A');
  const address = answers.findLast(({ type }) => type === 'A')?.data;
  // a private address leads nowhere from outside
  if (address === undefined || wayTo(estate, address)?.to !== 'edge')
    return { failure: 'The remote name could not be resolved or connected to' };
  return { status: answerAt(estate, host, 'public', kind === 'dicom' ? '/health/check' : '/metadata').status };
}
