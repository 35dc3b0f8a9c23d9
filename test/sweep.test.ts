import { expect, test } from 'vitest';
import type {
  Check,
  CheckContext,
  Evidence,
  ResourceDocument,
  Service,
  Signal,
  SignalSink,
  SweepPlan,
} from '../src/model.ts';
import { memoryStore } from '../src/state/memory.ts';
import { judgeBatch, planBatches, runSweep, type SweepPorts } from '../src/sweep.ts';

function serviceOf(name: string, subscriptionId = 's1'): Service {
  const id = `/subscriptions/${subscriptionId}/resourceGroups/rg/providers/Microsoft.HealthcareApis/services/${name}`;
  return { id, key: name, name, kind: 'apiForFhir', subscriptionId, resourceGroup: 'rg', location: 'x', tags: {} };
}

const flagCheck: Check<'resource', never> = {
  id: 'public-network-access',
  family: 'network',
  title: '',
  severity: 'critical',
  appliesTo: ['apiForFhir'],
  why: '',
  remediation: { summary: '', command: () => '' },
  references: [],
  controls: [],
  requires: ['resource'],
  evaluate: ({ resource }) => ({
    status: resource.properties.flag === 'Disabled' ? 'pass' : 'fail',
    message: '',
    observed: { flag: String(resource.properties.flag) },
  }),
};

/** Two versions of a service's document: what Resource Graph shows, and what a direct read shows. */
function worldOf(graph: string, direct: string) {
  const asked: string[] = [];
  const read = (service: Service, isDirect: boolean): Evidence => {
    const value: ResourceDocument = {
      id: service.id,
      type: '',
      name: '',
      properties: { flag: isDirect ? direct : graph },
    };
    return { resource: { ok: true, value, sources: [], direct: isDirect } };
  };
  const gather: SweepPorts['gather'] = async (services, _kinds, confirm) => {
    asked.push(`${services.map(({ name }) => name).join('+')} ${confirm === 'all' ? 'direct' : 'graph'}`);
    return new Map(
      services.map((service) => [service.id, read(service, confirm === 'all' || confirm.has(service.id))]),
    );
  };
  return { asked, gather };
}

function sinkOf(accepts = true): SignalSink & { readonly sent: Signal[] } {
  const sent: Signal[] = [];
  return {
    sent,
    async send(signals) {
      if (accepts) sent.push(...signals);
      return accepts ? signals : [];
    },
  };
}

function portsOf(gather: SweepPorts['gather'], sink: SignalSink = sinkOf()): SweepPorts {
  let minutes = 0;
  return {
    checks: [flagCheck],
    gather,
    contextOf: (service) => ({ service }) as CheckContext,
    store: memoryStore(),
    sink,
    now: () => new Date(Date.parse('2026-11-22T08:00:00Z') + 60_000 * minutes++),
    speaker: 'network',
    retentionDays: 2190,
    isExcepted: () => false,
    reportUrlOf: () => '',

    changeOf: async () => undefined,
    idOf: (...parts) => parts.join('|'),
    onBatchError: (_index, error) => {
      throw error;
    },
  };
}

const plan: SweepPlan = {
  schema: 1,
  sweepId: 'sweep-1',
  startedAt: '2026-11-22T08:00:00.000Z',
  family: 'network',
  intervalSeconds: 300,
  policySha256: 'ab',
  services: [serviceOf('one')],
  gone: [],
  estateChanged: true,
  problems: [],
  confirm: [],
};

test('a batch holds at most 50 services, all of one subscription', () => {
  const services = [
    ...Array.from({ length: 60 }, (_, i) => serviceOf(`a${i}`, 's1')),
    ...Array.from({ length: 3 }, (_, i) => serviceOf(`b${i}`, 'S2')),
    serviceOf('b9', 's2'),
  ];
  expect(planBatches(services).map((batch) => batch.length)).toEqual([50, 10, 4]);
});

test('a would-be critical fail is confirmed by a direct read before anyone is told', async () => {
  const lagging = worldOf('Enabled', 'Disabled');
  const { postures } = await judgeBatch([serviceOf('one')], new Set(), portsOf(lagging.gather));
  expect(lagging.asked).toEqual(['one graph', 'one direct']);
  expect(postures[0]?.findings[0]?.status).toBe('pass');
});

test('what is confirmed is asked once more for what critical verdicts rest on, and keeps the rest of what was gathered', async () => {
  const asked: (readonly string[])[] = [];
  const unanswered: Evidence['dnsAnswers'] = { ok: false, reason: 'no-vantage', detail: 'no answer', sources: [] };
  const nameCheck: Check<'dnsAnswers', never> = {
    ...flagCheck,
    id: 'private-dns-resolution',
    severity: 'high',
    requires: ['dnsAnswers'],
    evaluate: () => ({ status: 'pass', message: '', observed: {} }),
  };
  const { gather } = worldOf('Enabled', 'Enabled');
  const ports = {
    ...portsOf(async (services, kinds, confirm) => {
      asked.push([...kinds].sort());
      const read = await gather(services, kinds, confirm);
      return new Map(
        [...read].map(([id, evidence]) => [
          id,
          kinds.has('dnsAnswers') ? { ...evidence, dnsAnswers: unanswered } : evidence,
        ]),
      );
    }),
    checks: [flagCheck, nameCheck],
  };
  const { postures, vantage } = await judgeBatch([serviceOf('one')], new Set(), ports);
  expect(asked).toEqual([['dnsAnswers', 'resource'], ['resource']]);
  expect(postures[0]?.findings.map(({ check, status }) => `${check} ${status}`)).toEqual([
    'private-dns-resolution unknown',
    'public-network-access fail',
  ]);
  expect(postures[0]?.findings[0]?.message).toContain('no answer');
  expect(vantage).toEqual(unanswered);
});

test('a critical pass is read directly only when its turn in the rotation comes, and then the direct read wins', async () => {
  const lagging = worldOf('Disabled', 'Enabled');
  const quiet = await judgeBatch([serviceOf('one')], new Set(), portsOf(lagging.gather));
  expect(quiet.postures[0]?.findings[0]?.status).toBe('pass');
  const turn = await judgeBatch([serviceOf('one')], new Set([serviceOf('one').id]), portsOf(lagging.gather));
  expect(turn.postures[0]?.findings[0]?.status).toBe('fail');
});

test('a service about which nothing was gathered still gets every finding', async () => {
  const { postures } = await judgeBatch(
    [serviceOf('one')],
    'all',
    portsOf(async () => new Map()),
  );
  expect(postures[0]?.findings.map(({ status }) => status)).toEqual(['unknown']);
});

test('a sweep remembers its findings, closes, and its heartbeat says what it covered', async () => {
  const sink = sinkOf();
  const ports = portsOf(worldOf('Disabled', 'Disabled').gather, sink);
  const record = await runSweep(plan, ports);
  expect(record).toMatchObject({
    outcome: 'completed',
    services: 1,
    findings: 1,
    unknown: 0,
    coverage: 1,
    missing: [],
  });
  expect(await ports.store.currentFindings()).toMatchObject([{ sweepId: 'sweep-1', finding: { status: 'pass' } }]);
  expect(await ports.store.latestSweeps()).toEqual([record]);
  expect(sink.sent).toMatchObject([
    {
      name: 'SweepCompleted',
      properties: { sweepId: 'sweep-1', family: 'network', outcome: 'completed' },
      measurements: { services: 1, findings: 1, unknown: 0, coverage: 1 },
    },
  ]);
});

test('a heartbeat that the ingestion service did not accept fails the invocation', async () => {
  const ports = portsOf(worldOf('Disabled', 'Disabled').gather, sinkOf(false));
  await expect(runSweep(plan, ports)).rejects.toThrow('was not accepted');
});

test('findings are remembered before anything is announced', async () => {
  const ports = portsOf(worldOf('Enabled', 'Enabled').gather, sinkOf(false));
  await expect(runSweep(plan, ports)).rejects.toThrow();
  expect(await ports.store.currentFindings()).toMatchObject([{ finding: { status: 'fail' } }]);
});
