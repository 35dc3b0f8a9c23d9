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
import { closeUnfinished } from '../../src/sweep/close.ts';
import { runSweep, type SweepPorts } from '../../src/sweep.ts';

/** One sweep of a clinic with a workspace and its FHIR service: what it sees, and when. */
export interface Visit {
  readonly minute: number;
  readonly status: Status;
}

/** What a timer's turn does to a store and a sink: closes what was cut short, then sweeps. */
export async function sweepOnce(name: string, visit: Visit, store: Store, sink: SignalSink): Promise<SweepRecord> {
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
  const child: Service = {
    ...workspace,
    id: `${id}/fhirservices/ehr`,
    key: `${name}-b`,
    kind: 'fhirService',
    workspaceId: id,
  };
  const check: Check<never, never> = {
    id: 'public-network-access',
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
  };
  const ports: SweepPorts = {
    checks: [check],
    store,
    sink,
    now,
    gather: async (services) => new Map(services.map((service) => [service.id, {}])),
    contextOf: (service) => ({ service }) as CheckContext,
    speaker: 'network',
    retentionDays: 2190,
    isExcepted: () => false,
    reportUrlOf: () => '',
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
    services: [workspace, child],
    gone: [],
    estateChanged: true,
    problems: [],
    confirm: [],
  };
  await closeUnfinished('network', {
    ...ports,
    onClosed: () => {},
    onCloseError: (_, error) => {
      throw error;
    },
  });
  return runSweep(plan, ports);
}
