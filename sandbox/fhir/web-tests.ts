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

interface Tested {
  readonly id: string;
  readonly host: string;
  readonly status: number | undefined;
}

const statuses = new WeakMap<Estate, readonly Tested[]>();

function publicStatuses(estate: Estate): readonly Tested[] {
  const services = [...hostsOf(estate).values()].filter(({ kind }) => kind !== 'workspace');
  return services.map((service) => {
    const { host } = service;
    return { id: deriveId('web test', host), host, status: publicStatus(estate, service) };
  });
}

/** One run of the standard web tests that `infra` deploys, one a host: 403 is what they expect. */
export function webTestRows(estate: Estate, now: Date): readonly JsonObject[] {
  if (!estate.monitor.publicVantage) return [];
  const known = statuses.get(estate) ?? publicStatuses(estate);
  statuses.set(estate, known);
  return known.map(({ id, host, status }) => {
    const message =
      status === undefined
        ? 'The remote name could not be resolved or connected to'
        : `Response code ${status} is not the expected 403`;
    return {
      TimeGenerated: new Date(now.getTime() - AGO_MS).toISOString(),
      Type: TABLE,
      Id: id,
      Name: `public ${host}`,
      Location: 'West Europe',
      Success: status === 403,
      Message: status === 403 ? 'Passed' : message,
      DurationMs: 42,
      SourceSystem: 'Azure',
    };
  });
}

/** The status that the Internet gets; undefined where it gets no connection. */
export function publicStatus(estate: Estate, { host, kind }: ServiceHost): number | undefined {
  const { answers } = resolveName(estate, 'public', host, 'A');
  const address = answers.findLast(({ type }) => type === 'A')?.data;
  // a private address leads nowhere from outside
  if (address === undefined || wayTo(estate, address)?.to !== 'edge') return undefined;
  return answerAt(estate, host, 'public', kind === 'dicom' ? '/health/check' : '/metadata').status;
}
