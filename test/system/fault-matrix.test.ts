/**
 * Every target, every kind of fault, every check: what a check needs and did not get makes its finding unknown, and
 * nothing else in the report moves.
 */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FaultTarget } from '../../sandbox/types.ts';
import { checks } from '../../src/checks/index.ts';
import { EstateUnlistable } from '../../src/evidence/inventory.ts';
import type { EvidenceKind, ServiceKind } from '../../src/model.ts';
import { type CaseOptions, type Judged, openRig, quietService, type Rig, type Told } from './fault-matrix-rig.ts';
import {
  atEndpoint,
  type FaultRow,
  faultRows,
  listings,
  losses,
  needs,
  passing,
  type Read,
  type ReadName,
  reads,
} from './fault-matrix-table.ts';

vi.setConfig({ testTimeout: 400_000 });

const services: Readonly<Record<string, ServiceKind>> = {
  contosoclinic: 'workspace',
  ehr: 'fhirService',
  [quietService]: 'fhirService',
  imaging: 'dicomService',
};
const readNames = Object.keys(reads) as readonly ReadName[];
const patient = { discover: false, attemptMs: 20_000, attempts: 3 } as const;
/** what hangs is given up; everything else must have answered by then */
const hasty = { discover: false, attemptMs: 3_000, attempts: 1 } as const;

const rejections: unknown[] = [];
const onRejection = (reason: unknown) => rejections.push(reason);
let rig: Rig;
let whole: Judged;

beforeAll(async () => {
  process.on('unhandledRejection', onRejection);
  // without dig: its processes would cost more than all the rest
  vi.stubEnv('PATH', '');
  rig = await openRig(4);
  whole = await rig.judge({ ...patient, faults: [] });
});

afterAll(async () => {
  await rig.close();
  vi.unstubAllEnvs();
  process.off('unhandledRejection', onRejection);
  expect(await Promise.all(rig.ports.map(isOpen))).toEqual(rig.ports.map(() => false));
  expect(rejections).toEqual([]);
});

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket.destroy() !== undefined));
    socket.once('error', () => resolve(false));
  });
}

function judge(faults: readonly object[], options: Omit<CaseOptions, 'faults'> = patient): Promise<Judged> {
  return rig.judge({ ...options, faults });
}

/** `the same but its words`: what was lost may be remarked on. */
type Expectation = (key: string, before: Told) => readonly string[] | 'the same' | 'the same but its words';

/** Everything in which a report differs from what is expected of it. */
function differences(judged: Judged, expected: Expectation): readonly string[] {
  const all = new Set([...whole.findings.keys(), ...judged.findings.keys()]);
  return [...all].flatMap((key) => {
    const before = whole.findings.get(key);
    const after = judged.findings.get(key);
    if (before === undefined || after === undefined) return [`${key}: is ${after ? 'new' : 'missing'}`];
    const wanted = expected(key, before);
    const seen = `${key}: ${after.status}: ${after.message}`;
    if (typeof wanted !== 'string')
      return wanted.includes(after.status) ? [] : [`expected ${wanted.join(' or ')}, saw ${seen}`];
    const told = wanted === 'the same' ? after : { ...after, message: before.message };
    return JSON.stringify(told) === JSON.stringify(before) ? [] : [`should not have moved: ${seen}`];
  });
}

/** What becomes of the findings where these reads are spoilt. */
function expectationFor(spoilt: ReadonlySet<ReadName>): Expectation {
  const { lost, unconfirmed } = losses(spoilt);
  return (key, before) => {
    const { needed, optional, critical, given } = demandsOf(key);
    const isNeeded = (kinds: ReadonlySet<EvidenceKind>) => needed.some((kind) => kinds.has(kind));
    // the question does not even arise, whatever could be read
    if (before.status === 'not-applicable' && !isJudgedAnyway(key)) return 'the same';
    if (isNeeded(lost) || (critical && isNeeded(unconfirmed))) return ['unknown'];
    if (optional.some((kind) => lost.has(kind))) return [before.status, 'unknown'];
    return given.some((kind) => lost.has(kind) || unconfirmed.has(kind)) ? 'the same but its words' : 'the same';
  };
}

interface Demands {
  readonly needed: readonly EvidenceKind[];
  /** of a check without a row in the table: it may pass without them or not */
  readonly optional: readonly EvidenceKind[];
  readonly given: readonly EvidenceKind[];
  readonly critical: boolean;
}

function demandsOf(key: string): Demands {
  const [name = '', id = ''] = key.split('/');
  const check = checks.find((one) => one.id === id);
  if (check === undefined) throw new Error(`there is no check ${id}`);
  const considered: readonly EvidenceKind[] = check.considers ?? [];
  const common = { given: [...check.requires, ...considered], critical: check.severity === 'critical' };
  const row = needs[id];
  if (row === undefined) return { ...common, needed: check.requires, optional: considered };
  return { ...common, needed: row({ kind: kindOf(key), name }), optional: [] };
}

function kindOf(key: string): ServiceKind {
  const kind = services[key.split('/')[0] ?? ''];
  if (kind === undefined) throw new Error(`${key} is no finding of this estate`);
  return kind;
}

/** Not applicable because of what was read, not because of the kind of service. */
function isJudgedAnyway(key: string): boolean {
  return checks.find(({ id }) => key.endsWith(`/${id}`))?.appliesTo.includes(kindOf(key)) ?? false;
}

function limitsFor({ fault }: FaultRow): Omit<CaseOptions, 'faults'> {
  return fault.kind === 'hang' ? hasty : patient;
}

/** Runs all kinds of faults side by side; the differences, each with its fault. */
async function run(
  rows: readonly FaultRow[],
  one: (row: FaultRow) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const found = await Promise.all(rows.map(async (row) => (await one(row)).map((text) => `${row.name}: ${text}`)));
  return found.flat();
}

/** One fault that refuses, one that garbles, and those that only lists can have. */
const telling = ['status 403', 'malformed', 'partial', 'nextLink that circles'];
const spoilersOf = (read: Read) => faultRows.filter((row) => telling.includes(row.name) && row.spoils(read));

describe('without any fault', () => {
  it('the estate is known and good, and every check has a finding for every service', () => {
    expect(whole.findings.size).toBe(checks.length * Object.keys(services).length);
    const bad = [...whole.findings].filter(([, { status }]) => status !== 'pass' && status !== 'not-applicable');
    expect(bad).toEqual([]);
    const passes = [...whole.findings].flatMap(([key, { status }]) => (status === 'pass' ? [key] : []));
    expect(checks.filter(({ id }) => !passes.some((key) => key.endsWith(`/${id}`)))).toEqual([]);
  });

  it('the table names only kinds that the check is given', () => {
    for (const check of checks) {
      const given: readonly EvidenceKind[] = [...check.requires, ...(check.considers ?? [])];
      for (const [name, kind] of Object.entries(services)) {
        const named = needs[check.id]?.({ kind, name }) ?? [];
        expect([check.id, named.filter((one) => !given.includes(one))]).toEqual([check.id, []]);
      }
    }
  });
});

describe.concurrent('a target with every kind of fault', () => {
  // nothing is gathered from the last two: a fault there is none of a finding's business
  it.each(['resource-manager', 'logs', 'metrics', 'directory', 'dns', 'insights', 'storage'] as const)(
    '%s',
    async (target) => {
      const isRead = readNames.some((name) => reads[name].target === target);
      const found = await run(isRead ? faultRows : faultRows.slice(0, 1), async (row) => {
        const spoilt = readNames.filter((name) => reads[name].target === target && row.spoils(reads[name]));
        const judged = await judge([{ target, match: '', ...row.fault }], limitsFor(row));
        return differences(judged, expectationFor(new Set(spoilt)));
      });
      expect(found).toEqual([]);
    },
  );

  it('identity: a sweep without tokens lists nothing; without the token of one audience it loses what is asked there', async () => {
    const audiences = {
      'https://api.loganalytics.io': 'logs',
      'https://metrics.monitor.azure.com': 'metrics',
      'https://graph.microsoft.com': 'directory',
    } as const;
    const rows = faultRows.filter(({ spoils }) => spoils({ target: 'identity', match: '', answers: 'document' }));
    const found = await run(rows, async (row) => {
      const limits = { ...limitsFor(row), discover: true };
      const refused = await judge([{ target: 'identity', match: '', ...row.fault }], limits).catch((error) => error);
      const right = refused instanceof EstateUnlistable && refused.identity;
      return right ? [] : [`expected a refusal for want of a token, saw ${refused}`];
    });
    for (const [audience, target] of Object.entries(audiences)) {
      const spoilt = new Set(readNames.filter((name) => reads[name].target === target));
      const lost = await run(
        rows.filter(({ name }) => name === 'status 403' || name === 'malformed'),
        async (row) =>
          differences(
            await judge([{ target: 'identity', match: `resource=${audience}`, ...row.fault }]),
            expectationFor(spoilt),
          ),
      );
      expect(lost).toEqual([]);
    }
    expect(found).toEqual([]);
  });
});

describe.concurrent('one read with the faults that tell them apart', () => {
  it.each(readNames)('%s', async (name) => {
    const read = reads[name];
    const found = await run(spoilersOf(read), async (row) => {
      const judged = await judge([{ target: read.target, match: read.match, ...row.fault }]);
      const expected = expectationFor(new Set([name]));
      return differences(judged, (key, before) => {
        // half an alias chain leads nowhere, and nobody comes in where a name leads nowhere
        const isDeadEnd = name === 'addresses' && row.name === 'partial' && key.endsWith('/private-path-open');
        return isDeadEnd && before.status === 'pass' ? ['fail', 'unknown'] : expected(key, before);
      });
    });
    expect(found).toEqual([]);
  });
});

function atPath(key: string, { name }: FaultRow): readonly string[] | 'the same' {
  const status = atEndpoint[name]?.(kindOf(key));
  return status === undefined ? 'the same' : [status];
}

describe.concurrent('the endpoints themselves', () => {
  it('fhir: what an endpoint answers is a finding of that endpoint alone', async () => {
    const found = await run(faultRows, async (row) => {
      const judged = await judge([{ target: 'fhir', match: '', ...row.fault }], limitsFor(row));
      return differences(judged, (key, before) =>
        key.endsWith('/private-path-open') && before.status === 'pass' ? atPath(key, row) : 'the same',
      );
    });
    expect(found).toEqual([]);
  });
});

describe.concurrent('Resource Graph', () => {
  const rows = faultRows.filter(({ name }) => !name.startsWith('nextLink') && name !== 'hang');
  const spoils = (row: FaultRow) => row.spoils({ target: 'resource-graph', match: '', answers: 'rows' });

  it.each(['', "'microsoft.healthcareapis/'"])('without the list of services nothing is judged (%j)', async (match) => {
    const found = await run(
      faultRows.filter(({ name }) => !name.startsWith('nextLink')),
      async (row) => {
        const target: FaultTarget = 'resource-graph';
        const judged = await judge([{ target, match, ...row.fault }], { ...limitsFor(row), discover: true }).catch(
          (error) => error,
        );
        if (!spoils(row)) return differences(judged, () => 'the same');
        return judged instanceof EstateUnlistable && !judged.identity ? [] : [`expected a refusal, saw ${judged}`];
      },
    );
    expect(found).toEqual([]);
  });

  it.each(Object.entries(listings))('what it leaves out of %s is read directly', async (_, { match, problems }) => {
    const found = await run(
      rows.filter(({ name }) => ['status 403', 'partial'].includes(name)),
      async (row) => {
        const judged = await judge([{ target: 'resource-graph', match, ...row.fault }], { ...patient, discover: true });
        return [
          ...differences(judged, () => 'the same'),
          ...(judged.problems === problems ? [] : [`${judged.problems} problems, expected ${problems}`]),
        ];
      },
    );
    expect(found).toEqual([]);
  });

  it.each([
    ['private endpoints', listings['private endpoints'].match, 'privateEndpoints'],
    ['role assignments', 'authorizationresources', 'roleAssignments'],
  ] as const)('what neither it nor Resource Manager tells is lost: %s', async (name, match, kind) => {
    const read = reads[name];
    const found = await run(
      spoilersOf(read).filter(({ name: row }) => row !== 'nextLink that circles'),
      async (row) => {
        const both = [
          { target: read.target, match: read.match, ...row.fault },
          { target: 'resource-graph', match, ...row.fault },
        ];
        const judged = await judge(both, { ...patient, discover: true });
        return differences(judged, (key, before) => {
          const { needed } = demandsOf(key);
          const arises = before.status !== 'not-applicable' || isJudgedAnyway(key);
          return arises && needed.includes(kind) ? ['unknown'] : 'the same';
        });
      },
    );
    expect(found).toEqual([]);
  });
});

describe.concurrent('a fault that passes ends known', () => {
  const targets = [
    'resource-manager',
    'logs',
    'metrics',
    'directory',
    'dns',
    'fhir',
    'identity',
    'resource-graph',
  ] as const;

  it.each(targets)('%s', async (target) => {
    const found = await Promise.all(
      passing
        .filter(({ except }) => !except.some((one) => one === target))
        .map(async ({ name, fault }) => {
          const limits =
            name === 'one try that hangs' ? { attemptMs: 3_000, attempts: 2 } : { attemptMs: 20_000, attempts: 3 };
          const discover = target === 'identity' || target === 'resource-graph';
          const judged = await judge([{ target, match: '', ...fault }], { ...limits, discover });
          return differences(judged, () => 'the same').map((text) => `${name}: ${text}`);
        }),
    );
    expect(found.flat()).toEqual([]);
  });
});

describe.concurrent('a 404', () => {
  it('of a service that is listed makes everything of it unknown', async () => {
    const judged = await judge([
      { target: 'resource-manager', match: '/fhirservices/ehr\\?', kind: 'status', status: 404 },
    ]);
    expect(differences(judged, (key) => (key.startsWith('ehr/') ? ['unknown'] : 'the same'))).toEqual([]);
  });

  it.each(readNames.filter((name) => reads[name].target !== 'dns' && name !== 'health documents'))(
    'of %s passes nothing that needs it',
    async (name) => {
      const read = reads[name];
      const judged = await judge([{ target: read.target, match: read.match, kind: 'status', status: 404 }]);
      const { lost, unconfirmed } = losses(new Set([name]));
      const found = differences(judged, (key, before) => {
        const { needed, given } = demandsOf(key);
        const arises = before.status !== 'not-applicable' || isJudgedAnyway(key);
        if (arises && needed.some((kind) => lost.has(kind))) return ['unknown', 'fail'];
        // Resource Manager's word that it is gone outweighs a listing; of role assignments the listing is the other word
        if (arises && needed.some((kind) => unconfirmed.has(kind))) return ['unknown', 'fail', before.status];
        return given.some((kind) => lost.has(kind)) ? 'the same but its words' : 'the same';
      });
      expect(found).toEqual([]);
    },
  );
});
