import { beforeEach, describe, expect, test } from 'vitest';
import { describeReport } from '../../scripts/docs/report-schema.ts';
import { answerReport } from '../../src/app/http.ts';
import type { Drift, Store } from '../../src/model.ts';
import { memoryStore } from '../../src/state/memory.ts';
import { appOf, environment, finding, request, silent, watched } from './fixture.ts';

const timeOf = (hour: number, minute = 0) => new Date(Date.UTC(2026, 10, 22, hour, minute)).toISOString();
let store: Store;

/** In order from eight on, open from nine on, and seen so until ten; a second service since nine. */
beforeEach(async () => {
  store = memoryStore();
  for (let minute = 0; minute <= 120; minute += 5) {
    const status = minute < 60 ? 'pass' : 'fail';
    const culprit = status === 'fail' ? { culprit: { key: 'k', title: 't' } } : {};
    await store.saveFindings({ sweepId: `s${minute}`, family: 'network', intervalSeconds: 300 }, timeOf(8, minute), [
      { service: watched('one'), findings: [finding({ status, observed: { status }, ...culprit })] },
      ...(minute < 60 ? [] : [{ service: watched('two'), findings: [finding()] }]),
    ]);
  }
  const drift: Drift = {
    schema: 1,
    driftId: 'd1',
    causeId: 'c1',
    causeKey: 'k',
    causeTitle: 't',
    causeSeverity: 'critical',
    causeCheck: 'public-network-access',
    causeServiceName: 'one',
    causeDirection: 'regressed',
    service: watched('one'),
    check: 'public-network-access',
    family: 'network',
    severity: 'critical',
    direction: 'regressed',
    was: null,
    is: { status: 'fail', observed: {} },
    message: '',
    since: timeOf(9),
    openedAt: timeOf(9),
    flaps: 0,
    recovering: false,
  };
  const { version } = await store.driftBook('network');
  await store.saveDrifts('network', version, { drifts: [drift], past: [], causes: [] });
});

async function ask(query: Record<string, string> = {}, now = timeOf(10, 1)) {
  const answer = await answerReport(
    request(['Auditor'], query),
    environment,
    silent,
    appOf(store, () => new Date(now)).open,
  );
  return { status: answer.status, body: JSON.parse(answer.body) };
}
const findingOf = async (query: Record<string, string>, now?: string) =>
  (await ask({ service: 'one', ...query }, now)).body.services[0]?.findings[0];

test('now: since when, and the drift that is open', async () => {
  expect(await findingOf({})).toMatchObject({ status: 'fail', since: timeOf(9), drift: 'd1' });
  expect((await ask({ service: 'two' })).body.services[0].findings[0]).toMatchObject({ status: 'pass', drift: null });
});

describe('at a moment', () => {
  test('what held then, and who was there', async () => {
    const { body } = await ask({ at: timeOf(8, 30) });
    expect(body.services.map(({ name }: { name: string }) => name)).toEqual(['one']);
    expect(body.services[0].findings[0]).toMatchObject({ status: 'pass', since: timeOf(8), drift: null });
    expect(await findingOf({ at: timeOf(9, 30) })).toMatchObject({ status: 'fail', drift: 'd1' });
  });

  test('of which nobody knew then is unknown, also when it is long past', async () => {
    await store.saveFindings({ sweepId: 'late', family: 'network', intervalSeconds: 300 }, timeOf(14), [
      { service: watched('one'), findings: [finding({ status: 'fail', observed: { status: 'fail' } })] },
    ]);
    const gap = await findingOf({ at: timeOf(12) }, timeOf(14, 1));
    expect(gap).toMatchObject({
      status: 'unknown',
      message: expect.stringContaining(`last seen fail at ${timeOf(10)}`),
    });
  });
});

test('a period shows every state in it', async () => {
  const { history } = await findingOf({ from: timeOf(8, 30), to: timeOf(9, 30) });
  expect(history).toEqual([
    {
      from: timeOf(8),
      to: timeOf(9),
      lastSeen: timeOf(8, 55),
      status: 'pass',
      severity: 'critical',
      observed: { status: 'pass' },
    },
    {
      from: timeOf(9),
      to: null,
      lastSeen: timeOf(10),
      status: 'fail',
      severity: 'critical',
      observed: { status: 'fail' },
    },
  ]);
});

test('a question that means nothing is refused, each part by name', async () => {
  const { status, body } = await ask({ at: 'yesterday', to: timeOf(9), family: 'netwrok' });
  expect(status).toBe(400);
  expect(body.detail).toMatch(/at is "yesterday".*to is given without from.*family is "netwrok"/);
});

test('every report, now and of the past, is what its published schema says, and nothing besides', async () => {
  for (const query of [{}, { at: timeOf(8, 30) }, { from: timeOf(8, 30) }]) {
    const { body } = await ask(query);
    expect(describeReport(body)).toEqual(body);
  }
});
