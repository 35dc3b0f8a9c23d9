import { KNOWN_TABLES } from '../../sandbox/data-plane/known-tables.ts';
import { knownTable } from '../../sandbox/data-plane/log-tables.ts';
import { type Monitor, type MonitorOptions, startMonitor } from '../../sandbox/monitor/monitor.ts';
import { type AlertRule, readRules } from '../../sandbox/monitor/rules.ts';
import type { Estate, JsonObject, TlsMaterial, World } from '../../sandbox/types.ts';
import { createWorld } from '../../sandbox/world.ts';
import { makeEstate } from './dns-fixture.ts';

export const START = new Date('2026-11-22T08:00:00Z');
export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** What the app's signals and the web tests wrote, without the ingestion endpoint. */
export interface Telemetry {
  readonly source: MonitorOptions['telemetry'];
  /** a custom event, made and taken at `at`, or taken later */
  event(name: string, at: number, properties: Readonly<Record<string, string>>, more?: EventExtras): void;
}

export interface EventExtras {
  readonly measurements?: Readonly<Record<string, number>>;
  /** minutes until the ingestion service had it */
  readonly late?: number;
}

export function makeTelemetry(): Telemetry {
  const rows = new Map<string, JsonObject[]>([
    ['AppEvents', []],
    ['AppAvailabilityResults', []],
  ]);
  const addRows = (table: string, added: readonly JsonObject[]): void => void rows.get(table)?.push(...added);
  const telemetryTables = () =>
    new Map([...rows].map(([name, records]) => [name, knownTable(records, KNOWN_TABLES.get(name))]));
  const id =
    '/subscriptions/55555555-5555-4555-8555-555555555555/resourceGroups/rg-fhirwatch/providers/Microsoft.OperationalInsights/workspaces/log-fhirwatch';
  const workspace = {
    id,
    customerId: '66666666-6666-4666-8666-666666666666',
    name: 'log-fhirwatch',
    tables: telemetryTables,
  };
  return {
    source: { telemetryTables, addRows, workspace },
    event: (name, at, properties, { measurements = {}, late = 0 } = {}) =>
      addRows('AppEvents', [
        {
          TimeGenerated: new Date(START.getTime() + at).toISOString(),
          _TimeReceived: new Date(START.getTime() + at + late * minute).toISOString(),
          Name: name,
          Properties: properties,
          Measurements: measurements,
        },
      ]),
  };
}

export interface DriftEvent {
  readonly driftId?: string;
  readonly causeId?: string;
  readonly check?: string;
  readonly severity?: string;
  readonly direction?: string;
  readonly serviceName?: string;
  readonly causeServiceName?: string;
}

/** The properties of a drift's events (INTERFACES, "Signals"). */
export function driftProperties(drift: DriftEvent = {}): Readonly<Record<string, string>> {
  const {
    serviceName = 'ehr',
    check = 'public-network-access',
    severity = 'critical',
    direction = 'regressed',
  } = drift;
  return {
    driftId: drift.driftId ?? 'd1',
    causeId: drift.causeId ?? 'c1',
    causeTitle: 'workspace wards',
    causeSeverity: severity,
    causeCheck: check,
    causeServiceName: drift.causeServiceName ?? serviceName,
    causeDirection: direction,
    check,
    family: 'network',
    severity,
    direction,
    serviceId: `/subscriptions/s/resourceGroups/rg/providers/Microsoft.HealthcareApis/workspaces/wards/fhirservices/${serviceName}`,
    serviceName,
    status: 'fail',
    was: 'pass; properties.publicNetworkAccess=Disabled',
    is: 'fail; properties.publicNetworkAccess=Enabled',
    message: 'The public Internet can reach this service.',
    since: START.toISOString(),
    changedBy: 'not recorded',
    reportUrl: '',
    sweepId: 'sweep',
  };
}

/** The heartbeats of every family from a time to another, each at its own interval. */
export function beat(telemetry: Telemetry, from: number, to: number, families = ['network', 'audit', 'access']): void {
  const every: Readonly<Record<string, number>> = { network: 5 * minute, audit: 15 * minute, access: hour };
  for (const family of families) {
    for (let at = from; at < to; at += every[family] ?? hour) {
      telemetry.event(
        'SweepCompleted',
        at,
        { family, outcome: 'completed', sweepId: `${family}${at}` },
        { measurements: { coverage: 1 } },
      );
    }
  }
}

export interface Watch {
  readonly world: World;
  readonly telemetry: Telemetry;
  readonly monitor: Monitor;
  /** moves the monitor to so many milliseconds after the start */
  to(at: number): Promise<void>;
  /** `fired heartbeat-missing` …, in order */
  told(): readonly string[];
}

export interface WatchOptions extends Partial<Omit<MonitorOptions, 'tls' | 'telemetry'>> {
  readonly estate?: Partial<Estate>;
  /** names of the deployed rules to run; default all */
  readonly only?: readonly string[];
}

export async function watch(tls: TlsMaterial, { estate = {}, only, ...options }: WatchOptions = {}): Promise<Watch> {
  const world = createWorld(makeEstate({ now: START, ...estate }), () => 0);
  const telemetry = makeTelemetry();
  const rules = options.rules ?? rulesNamed(only);
  const monitor = await startMonitor(world, { ...options, rules, tls, telemetry: telemetry.source });
  return {
    world,
    telemetry,
    monitor,
    to: (at) => monitor.advanceTo(new Date(START.getTime() + at)),
    told: () =>
      monitor.alerts.map(({ data: { essentials } }) => {
        return `${essentials.monitorCondition.toLowerCase()} ${essentials.alertRule.replace('fhirwatch-', '')}`;
      }),
  };
}

export function rulesNamed(only?: readonly string[]): readonly AlertRule[] {
  return readRules().filter(({ name }) => only === undefined || only.includes(name));
}
