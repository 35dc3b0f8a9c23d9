import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type {
  BaselineEntry,
  Drift,
  Finding,
  FindingRecord,
  Observed,
  Service,
  Severity,
  Status,
} from '../../src/model.ts';
import { announcementsDue } from '../../src/posture/announce.ts';
import { type DecisionInput, decide, isOpen } from '../../src/posture/decide.ts';
import { step } from '../../src/state/intervals.ts';

function serviceOf(name: string): Service {
  const id = `/subscriptions/s/resourceGroups/rg/providers/Microsoft.HealthcareApis/services/${name}`;
  return { id, key: name, name, kind: 'apiForFhir', subscriptionId: 's', resourceGroup: 'rg', location: 'x', tags: {} };
}

const minute = 60_000;
const start = Date.parse('2026-11-22T08:00:00Z');
const settling = { opening: 0, resolving: 300 };

/** One monitored estate over time: what a sweep sees goes in, what an inbox shows comes out. */
class Monitor {
  readonly inbox: string[] = [];
  records = new Map<string, FindingRecord>();
  drifts: readonly Drift[] = [];
  time = start;
  sweeps = 0;
  readonly #sent = new Map<string, { readonly cause: string; readonly open: boolean }>();
  options: {
    baseline?: readonly BaselineEntry[];
    excepted?: () => boolean;
    settling?: typeof settling;
    checks?: readonly string[];
    tellsRemovals?: boolean;
  };

  constructor(options: Monitor['options'] = {}) {
    this.options = options;
  }

  sweep(
    seen: readonly { name?: string; status: Status; observed?: Observed; severity?: Severity }[],
    weather: {
      crash?: 'before-remember' | 'before-mark';
      sink?: boolean;
      minutes?: number;
      removed?: readonly string[];
    } = {},
  ): void {
    this.time += (weather.minutes ?? 5) * minute;
    this.sweeps += 1;
    const at = new Date(this.time).toISOString();
    for (const { name = 'one', status, observed = {}, severity = 'critical' } of seen) {
      const finding: Finding = {
        check: 'public-network-access',
        family: 'network',
        severity,
        status,
        message: status,
        observed,
        evidence: [],
      };
      const sweepId = `s${this.sweeps}`;
      const observation = { service: serviceOf(name), finding, at, sweepId, intervalSeconds: 3600 };
      this.records.set(name, step(this.records.get(name), observation).current);
    }
    const decided = decide(
      this.inputAt(
        at,
        seen.map(({ name = 'one' }) => name),
        weather.removed ?? [],
      ),
    ).drifts;
    if (weather.crash === 'before-remember') return;
    this.drifts = merge(this.drifts, decided);
    const context = { at, sweepId: `s${this.sweeps}`, reportUrlOf: () => '' };
    for (const { signal, announced } of announcementsDue(this.drifts, context)) {
      if (weather.sink === false) break;
      this.receive(signal.name, signal.properties.causeId ?? '', signal.properties.driftId ?? '');
      if (weather.crash === 'before-mark') return;
      this.drifts = this.drifts.map((drift) => (drift.driftId === announced.driftId ? announced : drift));
    }
  }

  inputAt(at: string, names: readonly string[], removed: readonly string[]): DecisionInput {
    return {
      at,
      family: 'network',
      tellsRemovals: this.options.tellsRemovals ?? true,
      checks: new Set(this.options.checks ?? ['public-network-access']),
      records: names.flatMap((name) => this.records.get(name) ?? []),
      removed: removed.map(serviceOf),
      baseline: this.options.baseline ?? [],
      drifts: this.drifts,
      settling: () => this.options.settling ?? settling,
      follows: () => [],
      isExcepted: () => this.options.excepted?.() ?? false,
      culpritOf: (service) => ({ key: service.id, title: service.name }),
      idOf: (...parts) => parts.join('|'),
    };
  }

  /** As a stateful alert rule does: a cause is open while one of its drifts is; its state is told when it changes. */
  receive(event: string, cause: string, drift: string): void {
    this.#sent.set(drift, { cause, open: event !== 'DriftResolved' });
    const members = [...this.#sent.values()].filter((one) => one.cause === cause);
    const line = `${members.some(({ open }) => open) ? 'open' : 'resolved'} ${cause}`;
    if (this.inbox.findLast((one) => one.endsWith(` ${cause}`)) !== line) this.inbox.push(line);
  }

  get open(): readonly Drift[] {
    return this.drifts.filter(isOpen);
  }

  /** Causes of which the inbox says that they are open. */
  get openCauses(): readonly string[] {
    const states = new Map(this.inbox.map((line) => [line.slice(line.indexOf(' ') + 1), line.split(' ')[0]]));
    return [...states].flatMap(([cause, state]) => (state === 'open' ? [cause] : []));
  }

  /** How the inbox reads: `open` and `resolved` in order. */
  get story(): string {
    return this.inbox.map((line) => line.split(' ')[0]).join(' ');
  }
}

function merge(before: readonly Drift[], after: readonly Drift[]): readonly Drift[] {
  return [...new Map([...before, ...after].map((drift) => [drift.driftId, drift])).values()];
}

const accepted = (observed: Observed = {}): BaselineEntry => ({
  schema: 1,
  serviceId: serviceOf('one').id,
  serviceKey: serviceOf('one').key,
  family: 'network',
  check: 'public-network-access',
  status: 'pass',
  observed,
  acceptedAt: '2026-11-01T00:00:00Z',
  acceptedBy: { objectId: 'o', name: 'a person' },
});

describe('what opens', () => {
  test('a fail opens as regressed, at once, also without a baseline: nothing stood before it', () => {
    const monitor = new Monitor();
    monitor.sweep([{ status: 'fail' }]);
    expect(monitor.open).toMatchObject([{ direction: 'regressed', was: null }]);
    expect(monitor.story).toBe('open');
  });

  test('with a baseline the drift says what was accepted and what is', () => {
    const monitor = new Monitor({ baseline: [accepted({ flag: 'Disabled' })] });
    monitor.sweep([{ status: 'fail', observed: { flag: 'Enabled' } }]);
    expect(monitor.open).toMatchObject([
      { was: { observed: { flag: 'Disabled' } }, is: { observed: { flag: 'Enabled' } } },
    ]);
  });

  test('an unknown opens only after two sweeps in a row', () => {
    const monitor = new Monitor();
    monitor.sweep([{ status: 'unknown' }]);
    expect(monitor.open).toEqual([]);
    monitor.sweep([{ status: 'pass' }]);
    monitor.sweep([{ status: 'unknown' }]);
    expect(monitor.open).toEqual([]);
    monitor.sweep([{ status: 'unknown' }]);
    expect(monitor.open).toMatchObject([{ direction: 'obscured' }]);
  });

  test('without a baseline passes open nothing; with one a new pass is added and a changed one is changed', () => {
    const fresh = new Monitor();
    fresh.sweep([{ status: 'pass' }]);
    expect(fresh.open).toEqual([]);
    const monitor = new Monitor({ baseline: [accepted({ endpoint: 'a' })] });
    monitor.sweep([
      { status: 'pass', observed: { endpoint: 'b' } },
      { name: 'two', status: 'pass' },
    ]);
    expect(monitor.open.map((drift) => drift.direction)).toEqual(['changed', 'added']);
  });

  test('a lesser fail waits for its settle time, a critical one never', () => {
    const patient = { settling: { opening: 600, resolving: 300 } };
    const lesser = new Monitor(patient);
    lesser.sweep([{ status: 'fail', severity: 'high' }]);
    lesser.sweep([{ status: 'fail', severity: 'high' }]);
    expect(lesser.open).toEqual([]);
    lesser.sweep([{ status: 'fail', severity: 'high' }]);
    expect(lesser.open).toHaveLength(1);
    const critical = new Monitor(patient);
    critical.sweep([{ status: 'fail', severity: 'critical' }]);
    expect(critical.open).toHaveLength(1);
  });

  test('an excepted fail opens nothing, and the end of the exception opens it loudly', () => {
    let excepted = true;
    const monitor = new Monitor({ excepted: () => excepted });
    monitor.sweep([{ status: 'fail' }]);
    expect(monitor.story).toBe('');
    excepted = false;
    monitor.sweep([{ status: 'fail' }]);
    expect(monitor.story).toBe('open');
  });
});

describe('what stays', () => {
  test('an open fail that turns unknown keeps its drift and stays open', () => {
    const monitor = new Monitor();
    monitor.sweep([{ status: 'fail' }]);
    const [drift] = monitor.open;
    for (let i = 0; i < 4; i += 1) monitor.sweep([{ status: 'unknown' }]);
    expect(monitor.open.map(({ driftId }) => driftId)).toEqual([drift?.driftId]);
    expect(monitor.story).toBe('open');
  });

  test('a finding that a sweep did not see stays open', () => {
    const monitor = new Monitor();
    monitor.sweep([{ status: 'fail' }]);
    monitor.sweep([]);
    expect(monitor.open).toHaveLength(1);
  });

  test('ten days open are one message, though the state is repeated', () => {
    const monitor = new Monitor();
    for (let i = 0; i < 240; i += 1) monitor.sweep([{ status: 'fail' }], { minutes: 60 });
    expect(monitor.story).toBe('open');
  });
});

describe('what is over', () => {
  test('a repair resolves once it has lasted its settle time', () => {
    const monitor = new Monitor();
    monitor.sweep([{ status: 'fail' }]);
    monitor.sweep([{ status: 'pass' }]);
    expect(monitor.open).toMatchObject([{ recovering: true }]);
    monitor.sweep([{ status: 'pass' }]);
    expect(monitor.open).toEqual([]);
    expect(monitor.story).toBe('open resolved');
  });

  test('flapping is one message with a visible count, not one each time', () => {
    const monitor = new Monitor();
    for (let i = 0; i < 12; i += 1) monitor.sweep([{ status: i % 2 === 0 ? 'fail' : 'pass' }]);
    expect(monitor.story).toBe('open');
    expect(monitor.open[0]?.flaps).toBe(5);
    for (let i = 0; i < 30; i += 1) monitor.sweep([{ status: 'pass' }]);
    expect(monitor.story).toBe('open resolved');
  });

  test('a confirmed removal ends its drifts and is told once', () => {
    const monitor = new Monitor({ baseline: [accepted()] });
    monitor.sweep([{ status: 'fail' }]);
    monitor.sweep([], { removed: ['one'] });
    for (let i = 0; i < 400; i += 1) monitor.sweep([], { removed: ['one'] });
    expect(monitor.drifts.map(({ direction, resolution }) => [direction, resolution])).toEqual([
      ['regressed', 'removed'],
      ['removed', 'told'],
    ]);
  });

  test('a fail that grows graver is told anew', () => {
    const monitor = new Monitor();
    monitor.sweep([{ status: 'fail', severity: 'medium' }]);
    monitor.sweep([{ status: 'fail', severity: 'critical' }]);
    expect(monitor.drifts.map(({ severity, resolution }) => [severity, resolution])).toEqual([
      ['medium', 'superseded'],
      ['critical', undefined],
    ]);
  });

  test('sight regained resolves an obscured finding, and what it then shows is told by itself', () => {
    const monitor = new Monitor();
    monitor.sweep([{ status: 'unknown' }]);
    monitor.sweep([{ status: 'unknown' }]);
    monitor.sweep([{ status: 'fail' }]);
    expect(monitor.story).toBe('open resolved open');
  });
});

describe('what leaves', () => {
  test('only one family tells a removal, and nobody where nothing was ever accepted', () => {
    const silentFamily = new Monitor({ baseline: [accepted()], tellsRemovals: false });
    const fresh = new Monitor();
    for (const monitor of [silentFamily, fresh]) {
      monitor.sweep([{ status: 'fail' }]);
      monitor.sweep([], { removed: ['one'] });
      expect(monitor.drifts.map(({ direction, resolution }) => [direction, resolution])).toEqual([
        ['regressed', 'removed'],
      ]);
    }
  });

  test('a service that comes back ends its removal, and may leave again', () => {
    const monitor = new Monitor({ baseline: [accepted()] });
    monitor.sweep([], { removed: ['one'] });
    monitor.sweep([{ status: 'pass' }]);
    monitor.sweep([], { removed: ['one'] });
    expect(monitor.drifts.map(({ direction, resolution }) => [direction, resolution])).toEqual([
      ['removed', 'recovered'],
      ['removed', undefined],
    ]);
  });

  test('the drift of a check that no longer exists is over', () => {
    const monitor = new Monitor();
    monitor.sweep([{ status: 'fail' }]);
    monitor.options = { checks: [] };
    monitor.sweep([]);
    expect(monitor.drifts).toMatchObject([{ resolution: 'removed' }]);
  });
});

describe('what is accepted', () => {
  test('a change is over when it is accepted, and recovered when it is undone', () => {
    const outcomes = [
      {
        baseline: [{ ...accepted({ endpoint: 'b' }), acceptedAt: '2026-11-22T08:06:00Z' }],
        observed: { endpoint: 'b' },
      },
      { baseline: [accepted({ endpoint: 'a' })], observed: { endpoint: 'a' } },
    ].map(({ baseline, observed }) => {
      const monitor = new Monitor({ baseline: [accepted({ endpoint: 'a' })] });
      monitor.sweep([{ status: 'pass', observed: { endpoint: 'b' } }]);
      monitor.options = { baseline };
      monitor.sweep([{ status: 'pass', observed }]);
      return monitor.drifts[0]?.resolution;
    });
    expect(outcomes).toEqual(['accepted', 'recovered']);
  });

  test('an exception that ends and comes back opens a drift of its own each time', () => {
    let excepted = false;
    const monitor = new Monitor({ excepted: () => excepted });
    for (const next of [true, false, true, false]) {
      monitor.sweep([{ status: 'fail' }]);
      excepted = next;
    }
    monitor.sweep([{ status: 'fail' }]);
    expect(new Set(monitor.drifts.map(({ driftId }) => driftId)).size).toBe(monitor.drifts.length);
    expect(monitor.story).toBe('open resolved open resolved open');
  });
});

test('unknowns that observe something else each time are still two in a row', () => {
  const monitor = new Monitor();
  monitor.sweep([{ status: 'unknown', observed: { left: 'a' } }]);
  monitor.sweep([{ status: 'unknown', observed: { left: 'b' } }]);
  expect(monitor.open).toMatchObject([{ direction: 'obscured' }]);
});

test('a drift joins a cause that nobody was told of, but not as a graver one', () => {
  const join = (severity: Severity) => {
    const monitor = new Monitor();
    const opened = (name: string, grade: Severity) => {
      monitor.sweep([{ name, status: 'fail', severity: grade }], { crash: 'before-remember' });
      const input = monitor.inputAt(new Date(monitor.time).toISOString(), [name], []);
      const { drifts, causes } = decide({ ...input, culpritOf: () => ({ key: 'workspace', title: 'workspace' }) });
      monitor.drifts = merge(monitor.drifts, drifts);
      return causes.length;
    };
    return [opened('one', 'high'), opened('two', severity), new Set(monitor.drifts.map(({ causeId }) => causeId)).size];
  };
  expect(join('high')).toEqual([1, 0, 1]);
  expect(join('critical')).toEqual([1, 1, 2]);
});

test('two members of one cause that open together share it; one that joins later has its own', () => {
  const monitor = new Monitor();
  const input = (names: readonly string[]): DecisionInput => ({
    ...monitor.inputAt(new Date(monitor.time).toISOString(), names, []),
    culpritOf: () => ({ key: 'workspace', title: 'workspace' }),
  });
  monitor.sweep([
    { name: 'one', status: 'pass' },
    { name: 'two', status: 'pass' },
    { name: 'three', status: 'pass' },
  ]);
  for (const name of ['one', 'two']) {
    const record = monitor.records.get(name);
    if (record) monitor.records.set(name, { ...record, finding: { ...record.finding, status: 'fail' } });
  }
  const first = decide(input(['one', 'two', 'three'])).drifts;
  expect(new Set(first.map(({ causeId }) => causeId)).size).toBe(1);
  monitor.drifts = first.map((drift) => ({ ...drift, openSentAt: drift.openedAt }));
  monitor.time += minute;
  const third = monitor.records.get('three');
  if (third) monitor.records.set('three', { ...third, finding: { ...third.finding, status: 'fail' } });
  const second = decide(input(['one', 'two', 'three'])).drifts;
  expect(new Set(second.map(({ causeId }) => causeId)).size).toBe(2);
});

test('whatever the order of crashes, repeats and silence: a drift that lasts is told once and cleared once', () => {
  const weather = fc.record({
    crash: fc.option(fc.constantFrom('before-remember' as const, 'before-mark' as const), { nil: undefined, freq: 3 }),
    sink: fc.boolean(),
  });
  const phase = fc.record({
    status: fc.constantFrom<Status>('pass', 'fail', 'unknown', 'not-applicable'),
    sweeps: fc.array(weather, { minLength: 1, maxLength: 6 }),
  });
  fc.assert(
    fc.property(fc.array(phase, { maxLength: 12 }), (phases) => {
      const monitor = new Monitor();
      for (const { status, sweeps } of phases) {
        for (const { crash, sink } of sweeps) monitor.sweep([{ status }], { sink, ...(crash ? { crash } : {}) });
      }
      const quiet = (status: Status): void => {
        for (let i = 0; i < 60; i += 1) monitor.sweep([{ status }]);
      };
      quiet('fail');
      expect(monitor.openCauses).toHaveLength(1);
      quiet('pass');
      expect(monitor.open).toEqual([]);
      const causes = new Set(monitor.inbox.map((line) => line.slice(line.indexOf(' ') + 1)));
      for (const cause of causes) {
        const lines = monitor.inbox.filter((line) => line.endsWith(` ${cause}`)).map((line) => line.split(' ')[0]);
        expect(lines).toEqual(['open', 'resolved']);
      }
    }),
    { numRuns: 300 },
  );
});
