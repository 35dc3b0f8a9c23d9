import { expect, test } from 'vitest';
import type { Direction, Drift, Severity } from '../../src/model.ts';
import { withCauses } from '../../src/posture/causes.ts';
import type { Opening } from '../../src/posture/decide.ts';
import { aService } from '../builders.ts';

const at = '2026-11-22T08:00:00.000Z';
const ward = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.HealthcareApis/workspaces/Ward';

/** What follows from what: the path from the name, both from the endpoint. */
const follows = (check: string): readonly string[] => ({ path: ['name', 'endpoint'], name: ['endpoint'] })[check] ?? [];

interface Case {
  readonly check: string;
  readonly service?: string;
  readonly direction?: Direction;
  readonly severity?: Severity;
  readonly culprit?: string;
}

function opening({ check, service = 'ehr', direction = 'regressed', severity = 'high', culprit }: Case): Opening {
  const id = service === 'ward' ? ward.toUpperCase() : `${ward}/fhirservices/${service}`;
  return {
    schema: 1,
    driftId: `${service} ${check}`,
    culprit: { key: culprit ?? id, title: culprit ?? service },
    service: { ...aService('fhirService'), id, name: service, workspaceId: ward },
    check,
    family: 'network',
    severity,
    direction,
    was: null,
    is: { status: direction === 'obscured' ? 'unknown' : 'fail', observed: {} },
    message: '',
    since: at,
    openedAt: at,
    flaps: 0,
    recovering: false,
  };
}

function causesOf(openings: readonly Opening[], drifts: readonly Drift[] = [], now = at) {
  const input = {
    at: now,
    family: 'network',
    drifts,
    follows,
    idOf: (...parts: readonly string[]) => parts.join(' '),
  } as const;
  return withCauses(openings, input);
}

const told = (drift: Drift): Drift => ({ ...drift, openSentAt: at });
const ids = (drifts: readonly Drift[]) => new Set(drifts.map(({ causeId }) => causeId)).size;

test('what follows from another that begins with it is told as that one, with the worst severity of both', () => {
  const { drifts, causes } = causesOf([
    opening({ check: 'path', severity: 'critical' }),
    opening({ check: 'name', culprit: 'zone' }),
    opening({ check: 'name', service: 'labs', culprit: 'zone' }),
    opening({ check: 'path', service: 'labs' }),
  ]);
  expect(causes).toMatchObject([{ title: 'zone', check: 'name', serviceName: 'ehr', severity: 'critical' }]);
  expect(drifts).toHaveLength(4);
  expect(ids(drifts)).toBe(1);
});

test('through a chain, and from a workspace to its services', () => {
  const { drifts, causes } = causesOf([
    opening({ check: 'path' }),
    opening({ check: 'name' }),
    opening({ check: 'endpoint', service: 'ward' }),
  ]);
  expect(causes).toMatchObject([{ check: 'endpoint', serviceName: 'ward' }]);
  expect(ids(drifts)).toBe(1);
});

test('another service, or a defect that follows from nothing, is a cause of its own', () => {
  const { drifts } = causesOf([
    opening({ check: 'name' }),
    opening({ check: 'path', service: 'labs' }),
    opening({ check: 'unrelated', culprit: 'role' }),
  ]);
  expect(ids(drifts)).toBe(3);
});

test('what turns out of sight because of what was told already joins it, and nothing of the alert changes', () => {
  const first = causesOf([opening({ check: 'endpoint', service: 'ward', severity: 'critical' })]).drifts.map(told);
  const { drifts, causes } = causesOf([opening({ check: 'name', direction: 'obscured' })], first);
  expect(causes).toEqual([]);
  const cause = ({ causeId, causeCheck, causeSeverity, causeServiceName, causeDirection, causeTitle }: Drift) => ({
    causeId,
    causeCheck,
    causeSeverity,
    causeServiceName,
    causeDirection,
    causeTitle,
  });
  expect(drifts.map(cause)).toEqual(first.map(cause));
  expect(drifts[0]).toMatchObject({ direction: 'obscured', causeDirection: 'regressed' });
});

const later = (seconds: number): string => new Date(Date.parse(at) + seconds * 1000).toISOString();

test('what turns out of sight and is graver than what was told is told by itself, by its own severity', () => {
  const first = causesOf([opening({ check: 'name', severity: 'medium' })]).drifts.map(told);
  const { causes } = causesOf([opening({ check: 'path', direction: 'obscured', severity: 'high' })], first);
  expect(causes).toMatchObject([{ severity: 'high', direction: 'obscured' }]);
});

test('what shows within half an hour that it follows from what was told, or that this follows from it, joins it', () => {
  const name = causesOf([opening({ check: 'name' })]).drifts.map(told);
  const path = causesOf([opening({ check: 'path' })]).drifts.map(told);
  for (const { drifts, causes } of [
    causesOf([opening({ check: 'path' })], name, later(1800)),
    causesOf([opening({ check: 'name' })], path, later(1800)),
  ]) {
    expect(causes).toEqual([]);
    expect(drifts).toMatchObject([{ causeId: drifts[0]?.check === 'path' ? name[0]?.causeId : path[0]?.causeId }]);
  }
});

test('with it comes what begins now and follows from it, and nothing of that is lost where it is graver', () => {
  const path = causesOf([opening({ check: 'path' })]).drifts.map(told);
  const { drifts, causes } = causesOf(
    [
      opening({ check: 'endpoint', service: 'ward' }),
      opening({ check: 'name', severity: 'critical' }),
      opening({ check: 'name', service: 'labs', direction: 'obscured' }),
    ],
    path,
    later(300),
  );
  expect(drifts.map(({ check, service, causeId }) => [check, service.name, causeId === path[0]?.causeId])).toEqual([
    ['name', 'ehr', false],
    ['endpoint', 'ward', true],
    ['name', 'labs', true],
  ]);
  expect(causes).toMatchObject([{ check: 'name', severity: 'critical' }]);
});

test('a defect found long after another was told, or graver than it, is told by itself; so is what is out of sight once that is repaired', () => {
  const first = causesOf([opening({ check: 'name' })]).drifts.map(told);
  expect(causesOf([opening({ check: 'path' })], first, later(1801)).causes).toHaveLength(1);
  expect(causesOf([opening({ check: 'path', severity: 'critical' })], first).causes).toHaveLength(1);
  expect(causesOf([opening({ check: 'path', service: 'labs' })], first).causes).toHaveLength(1);
  const repaired = first.map((drift) => ({ ...drift, resolvedAt: at }));
  expect(causesOf([opening({ check: 'path', direction: 'obscured' })], repaired).causes).toHaveLength(1);
});
