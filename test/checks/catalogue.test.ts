import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { catalogueIds } from '../../src/checks/ids.ts';
import { checks } from '../../src/checks/index.ts';
import type { Check, CheckContext, Evidence, EvidenceKind, Finding, Gathered, ServiceKind } from '../../src/model.ts';
import { assess } from '../../src/posture/assess.ts';
import { deepFreeze } from '../../src/posture/deep-freeze.ts';
import { aContext, lost, someExpectations } from '../builders.ts';
import { someEvidence } from '../evidence-arbitrary.ts';
import { person } from '../role-builders.ts';

/** What every check promises, whatever it judges. */

const SEED = 20_261_122;
fc.configureGlobal({ seed: SEED });

/** The engine cuts a longer text and says so at its end, where sorting no longer counts. */
const LONGEST = 1000;

const FOLDER = new URL('../../src/checks/', import.meta.url);
const NOT_CHECKS = ['index.ts', 'ids.ts', 'verdict.ts'];
const files = readdirSync(FOLDER).filter((name) => !NOT_CHECKS.includes(name));

const KINDS: readonly EvidenceKind[] = [
  'resource',
  'workspace',
  'privateEndpoints',
  'requiredZones',
  'privateZones',
  'dnsAnswers',
  'privatePath',
  'publicPath',
  'roleAssignments',
  'roleDefinitions',
  'eligibleRoles',
  'activeRoles',
  'denyAssignments',
  'directory',
  'diagnosticSettings',
  'logWorkspaces',
  'auditRows',
  'traffic',
];

/** The ids that published initiatives map themselves (HF 10, marked there with a star); all others are our own. */
const PUBLISHED = new Set([
  'NIST 800-53 r5 AC-3',
  'NIST 800-53 r5 AC-4',
  'NIST 800-53 r5 AC-17',
  'NIST 800-53 r5 AC-17(1)',
  'NIST 800-53 r5 SC-7',
  'NIST 800-53 r5 SC-7(3)',
  'NIST 800-53 r5 SC-12',
  'NIST 800-53 r5 SC-28',
  'MCSB NS-2',
  'MCSB DP-5',
]);

const CONTROL_IDS = {
  HIPAA: /^164\.\d{3}(\([a-zA-Z0-9]+\))+$/,
  'NIST 800-53 r5': /^[A-Z]{2}-\d+(\(\d+\))?$/,
  MCSB: /^[A-Z]{2}-\d+$/,
};

const duplicates = (values: readonly string[]): readonly string[] =>
  values.filter((one, i) => values.indexOf(one) !== i);

test('the folder, the list and the tests hold the same checks', () => {
  const ids = checks.map((check) => check.id);
  expect(duplicates(ids)).toEqual([]);
  expect([...ids].sort()).toEqual(files.map((name) => name.replace(/\.ts$/, '')).sort());
  const tests = readdirSync(new URL('.', import.meta.url));
  expect(ids.filter((id) => !catalogueIds.some((known) => known === id))).toEqual([]);
  expect(ids.filter((id) => !tests.includes(`${id}.test.ts`))).toEqual([]);
});

test('a check follows only checks of its own family, and never, at the end, itself', () => {
  const leadersOf = (id: string): readonly string[] => {
    const leaders = checks.find((check) => check.id === id)?.follows ?? [];
    return [...leaders, ...leaders.flatMap(leadersOf)];
  };
  for (const { id, family } of checks) {
    expect(leadersOf(id), id).not.toContain(id);
    for (const leader of leadersOf(id)) expect(checks.find((check) => check.id === leader)?.family, id).toBe(family);
  }
});

describe.each(checks.map((check) => [check.id, check] as const))('%s', (id, check) => {
  test('is the one export of its file, named like it', async () => {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)+$/);
    const module: Record<string, unknown> = await import(new URL(`${id}.ts`, FOLDER).href);
    const name = id.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    expect(Object.keys(module)).toEqual([name]);
    expect(module[name]).toBe(check);
  });

  test('says what it proves and why in few words', () => {
    expect(check.title).toMatch(/^(FHIR|DICOM|Azure API for FHIR|Workspace|Health Data Services|MedTech|Service)/);
    expect(check.title.length).toBeLessThanOrEqual(150);
    expect(check.why.length).toBeGreaterThan(40);
    expect(check.why.length).toBeLessThanOrEqual(400);
    expect(check.remediation.summary.length).toBeGreaterThan(20);
    expect(check.remediation.summary.length).toBeLessThanOrEqual(400);
    for (const text of [check.title, check.why, check.remediation.summary]) {
      expect(text).toBe(text.trim().replace(/\s+/g, ' '));
      expect(text).not.toMatch(/TODO|TBD|\bundefined\b/i);
    }
    expect(check.title).not.toMatch(/\.$/);
    expect(check.why).toMatch(/[.]$/);
    expect(check.remediation.summary).toMatch(/[.]$/);
  });

  test('gives one az command for each kind that it judges', () => {
    expect(check.appliesTo.length).toBeGreaterThan(0);
    expect(duplicates(check.appliesTo)).toEqual([]);
    for (const kind of check.appliesTo) {
      const { service } = aContext(kind);
      const command = check.remediation.command(service);
      expect(command).toMatch(/^az [a-z]/);
      expect(command).not.toMatch(/[\n\r]|&&|;| az /);
      const names = [service.id, service.name, service.resourceGroup];
      expect(names.some((name) => command.includes(name))).toBe(true);
    }
  });

  test('puts no name of a resource into a command where a shell would run it', () => {
    for (const kind of check.appliesTo) {
      const { service } = aContext(kind);
      const trap = '$(touch x)';
      const hostile = { ...service, id: `/a/${trap}/'b`, name: trap, resourceGroup: trap, workspaceId: `/w/${trap}` };
      const command = check.remediation.command(hostile);
      const outside = command.replaceAll("'\\''", '').replace(/'[^']*'/g, '');
      expect(outside).not.toContain('$(');
    }
  });

  test('names pages of Microsoft Learn and well-formed controls', () => {
    expect(check.references.length).toBeGreaterThan(0);
    expect(duplicates(check.references)).toEqual([]);
    for (const page of check.references)
      expect(page).toMatch(/^https:\/\/learn\.microsoft\.com\/(?![a-z]{2}-[a-z]{2}\/)\S+$/);
    expect(check.controls.length).toBeGreaterThan(0);
    expect(duplicates(check.controls.map((one) => `${one.framework} ${one.id}`))).toEqual([]);
    for (const control of check.controls) {
      expect(control.id).toMatch(CONTROL_IDS[control.framework]);
      expect([true, undefined]).toContain(control.own);
      if (control.own !== true) expect(PUBLISHED).toContain(`${control.framework} ${control.id}`);
    }
  });

  test('declares kinds of evidence that exist, each once', () => {
    const declared = kindsOf(check);
    expect(duplicates(declared)).toEqual([]);
    expect(declared.length).toBeGreaterThan(0);
    for (const kind of declared) expect(KINDS).toContain(kind);
  });

  test('meets passes, fails and unknowns in the random evidence below', () => {
    const met = check.appliesTo.flatMap((kind) =>
      fc
        .sample(someEvidence(kind, kindsOf(check)), { seed: SEED, numRuns: 120 })
        .flatMap((evidence) => [true, false].map((approving) => find(check, kind, evidence, approving).status)),
    );
    expect(new Set(met)).toEqual(new Set([...met, 'pass', 'fail', 'unknown']));
  });

  describe.each(check.appliesTo)('on a %s', (kind) => {
    test('never passes where nothing arrived, and fails on nothing either', () => {
      for (const reason of ['forbidden', 'not-found', 'throttled', 'unreachable', 'malformed', 'no-vantage'] as const) {
        const nothing = Object.fromEntries(KINDS.filter((one) => one !== 'resource').map((one) => [one, lost(reason)]));
        const resource = reason === 'not-found' ? lost('forbidden') : lost(reason);
        expect(['unknown', 'not-applicable']).toContain(find(check, kind, { ...nothing, resource }).status);
        expect(['unknown', 'not-applicable']).toContain(find(check, kind, {}).status);
      }
    });

    test('judges whatever arrives without throwing, the same each time, by nothing that moves by itself', () => {
      fc.assert(
        fc.property(someEvidence(kind, kindsOf(check)), fc.boolean(), (evidence, approving) => {
          const first = find(check, kind, evidence, approving);
          expect(first.message).not.toBe('');
          expect(find(check, kind, evidence, approving)).toEqual(first);
          expect(Object.values(first.observed).flatMap(problemsOf)).toEqual([]);
          expect(verdictOf(find(check, kind, asked(evidence), approving))).toEqual(verdictOf(first));
        }),
      );
    });

    test('does not hang on the order in which Azure lists things', () => {
      fc.assert(
        fc.property(someEvidence(kind, kindsOf(check)), (evidence) => {
          const { status, severity, observed } = find(check, kind, evidence);
          expect(find(check, kind, reversed(evidence))).toMatchObject({ status, severity, observed });
        }),
      );
    });

    test('is never turned green by losing evidence', () => {
      const losses = fc.subarray([...kindsOf(check)], { minLength: 1 });
      fc.assert(
        fc.property(someEvidence(kind, kindsOf(check)), losses, fc.boolean(), (evidence, kinds, approving) => {
          const before = find(check, kind, evidence, approving).status;
          const gaps = Object.fromEntries(kinds.map((one) => [one, lost('unreachable')]));
          const after = find(check, kind, { ...evidence, ...gaps }, approving).status;
          if (after === 'pass') expect(before).toBe('pass');
        }),
      );
    });
  });
});

/** Through the engine, which freezes the evidence and would hide a throw: here it is an error. */
function find(check: Check, kind: ServiceKind, evidence: Evidence, approving = false): Finding {
  const posture = assess([check], evidence, contextOf(kind, approving), (_, __, error) => {
    throw error;
  });
  const [finding] = posture.findings;
  if (!finding) throw new Error('no finding');
  return finding;
}

function contextOf(kind: ServiceKind, approving: boolean): CheckContext {
  const principals = [{ id: person(1) }, { id: person(2), roles: ['FHIR Data Reader', 'FHIR Data Writer'] }];
  const dataAccess = { widestScope: 'managementGroup' as const, principals };
  const context = aContext(kind, approving ? { expect: someExpectations({ dataAccess }) } : {});
  deepFreeze(context);
  return context;
}

function verdictOf({ status, severity, message, observed }: Finding) {
  return { status, severity, message, observed };
}

/** The same evidence, asked for again: later, and with other request ids. */
function asked(evidence: Evidence): Evidence {
  const later = (gathered: Gathered<unknown>): Gathered<unknown> => ({
    ...gathered,
    sources: [{ source: 'asked again', requestId: 'another', at: '2027-01-01T00:00:00.000Z' }],
  });
  return Object.fromEntries(Object.entries(evidence).map(([kind, gathered]) => [kind, later(gathered)]));
}

const kindsOf = (check: Check): readonly EvidenceKind[] => [...check.requires, ...(check.considers ?? [])];

/** Every list whose order means nothing, the other way round. */
function reversed(evidence: Evidence): Evidence {
  const orderless = new Set(['connections', 'hosts', 'workspaces']);
  const turned = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.toReversed();
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        orderless.has(key) && Array.isArray(inner) ? inner.toReversed() : inner,
      ]),
    );
  };
  const turn = (gathered: Gathered<unknown>): Gathered<unknown> =>
    gathered.ok ? { ...gathered, value: turned(gathered.value) } : gathered;
  return Object.fromEntries(Object.entries(evidence).map(([kind, gathered]) => [kind, turn(gathered)]));
}

/** What an observed value must not be: unsorted, or anything but text, a number, a flag, null or a list of text. */
function problemsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) {
    const whole = value.filter((one) => !/^… \(\d+ values\)$/.test(String(one)));
    if (!whole.every((one) => typeof one === 'string')) return ['a list of something else than text'];
    const uncut = whole.map((one) => one.slice(0, LONGEST));
    return uncut.every((one, i) => i === 0 || (uncut[i - 1] ?? '') <= one) ? [] : [`unsorted: ${uncut.join(' | ')}`];
  }
  return value === null || ['string', 'number', 'boolean'].includes(typeof value) ? [] : [`a ${typeof value}`];
}
