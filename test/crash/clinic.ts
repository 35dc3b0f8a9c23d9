import { createHash } from 'node:crypto';
import type {
  Check,
  CheckContext,
  Service,
  SignalSink,
  Status,
  Store,
  SweepPlan,
  SweepRecord,
} from '../../src/model.ts';
import { workBatch } from '../../src/sweep/batches.ts';
import { closeUnfinished } from '../../src/sweep/once.ts';
import { runSweep, type SweepPorts } from '../../src/sweep.ts';

/** One sweep of a clinic with a workspace and its FHIR service: what it sees, and when. */
export interface Visit {
  readonly minute: number;
  readonly status: Status;
}

export interface Size {
  /** the workspace and its children */
  readonly services: number;
  readonly checks: number;
}

/** What a timer's turn does to a store and a sink: closes what was cut short, then sweeps. */
export async function sweepOnce(
  name: string,
  visit: Visit,
  store: Store,
  sink: SignalSink,
): Promise<SweepRecord | undefined> {
  const { plan, ports } = aSweep(name, visit, store, sink, { services: 2, checks: 1 });
  await closeUnfinished('network', {
    ...ports,
    onClosed: () => {},
    onCloseError: (_, error) => {
      throw error;
    },
  });
  return runSweep(plan, ports);
}

/** The same shared out: two batches, a subscription each, that any process may be given by a queue. */
function aSharedSweep(name: string, visit: Visit, store: Store, sink: SignalSink) {
  const { plan, ports } = aSweep(name, visit, store, sink, { services: 2, checks: 1 });
  const services = plan.services.map((service, i) => ({ ...service, subscriptionId: `s${i}` }));
  return { plan: { ...plan, services }, ports };
}

/** What a timer's turn does where workers do the rest. */
export async function planOnce(name: string, visit: Visit, store: Store, sink: SignalSink): Promise<void> {
  const { plan, ports } = aSharedSweep(name, visit, store, sink);
  await closeUnfinished('network', {
    ...ports,
    onClosed: () => {},
    onCloseError: (_, error) => {
      throw error;
    },
  });
  await store.openSweep(plan);
}

/** What a worker does with a batch that the queue hands to it. */
export async function workOnce(
  index: number,
  name: string,
  visit: Visit,
  store: Store,
  sink: SignalSink,
): Promise<void> {
  const { plan, ports } = aSharedSweep(name, visit, store, sink);
  const open = await store.openPlan('network', plan.sweepId);
  if (open) await workBatch(open, index, ports, async () => ports);
}

export function aSweep(
  name: string,
  visit: Visit,
  store: Store,
  sink: SignalSink,
  size: Size,
): { readonly plan: SweepPlan; readonly ports: SweepPorts } {
  const now = () => new Date(Date.parse('2026-11-22T07:00:00Z') + visit.minute * 60_000);
  const id = `/subscriptions/s/resourceGroups/rg/providers/Microsoft.HealthcareApis/workspaces/${name}`;
  const workspace: Service = {
    id,
    key: `${name}-a`,
    name,
    kind: 'workspace',
    subscriptionId: 's',
    resourceGroup: 'rg',
    location: 'x',
    tags: {},
  };
  const children = Array.from({ length: size.services - 1 }, (_, i): Service => {
    const childId = `${id}/fhirservices/ehr${i}`;
    const key = createHash('sha256').update(childId).digest('hex').slice(0, 16);
    return { ...workspace, id: childId, name: `ehr${i}`, key: `${name}-${key}`, kind: 'fhirService', workspaceId: id };
  });
  const checks = Array.from(
    { length: size.checks },
    (_, i): Check<never, never> => ({
      id: i === 0 ? 'public-network-access' : `public-network-access-${i}`,
      family: 'network',
      title: '',
      severity: 'critical',
      appliesTo: ['workspace', 'fhirService'],
      why: '',
      remediation: { summary: '', command: () => '' },
      references: [],
      controls: [],
      settling: { resolving: 300 },
      requires: [],
      evaluate: () => ({
        status: visit.status,
        message: visit.status,
        observed: { status: visit.status },
        culprit: { key: id, title: name },
      }),
    }),
  );
  const ports: SweepPorts = {
    checks,
    store,
    sink,
    now,
    gather: async (services) => new Map(services.map((service) => [service.id, {}])),
    contextOf: (service) => ({ service }) as CheckContext,
    speaker: 'network',
    retentionDays: 2190,
    isExcepted: () => false,
    reportUrlOf: () => '',

    changeOf: async () => undefined,
    idOf: (...parts) => createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16),
    onBatchError: (_, error) => {
      throw error;
    },
  };
  const plan: SweepPlan = {
    schema: 1,
    sweepId: `${now()
      .toISOString()
      .replaceAll(/[-:]|\.\d+/g, '')}-network-${name}`,
    family: 'network',
    startedAt: now().toISOString(),
    intervalSeconds: 300,
    policySha256: '',
    services: [workspace, ...children],
    gone: [],
    estateChanged: true,
    problems: [],
    confirm: [],
  };
  return { plan, ports };
}
