import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchPolicy } from '../../src/app/policy-watch.ts';
import type { Signal, Store } from '../../src/model.ts';
import { memoryStore } from '../../src/state/memory.ts';
import { appOf, silent, watched } from './fixture.ts';

let folder: string;
let file: string;
let store: Store;
let sent: Signal[];
let accepts: boolean;
let now: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'policy-'));
  file = join(folder, 'fhirwatch.yaml');
  store = memoryStore();
  sent = [];
  accepts = true;
  now = '2026-11-22T08:00:00Z';
});
afterEach(() => rm(folder, { recursive: true }));

const good = 'version: 1\n';
const bad = 'version: 1\nestat: {}\n';

async function watch(text: string, speaks = true) {
  await writeFile(file, text);
  const sink = {
    send: async (signals: readonly Signal[]) => {
      if (accepts) sent.push(...signals);
      return accepts ? signals : [];
    },
  };
  const { service } = appOf(store, () => new Date(now), { sink, policyFile: file });
  return watchPolicy(service, { speaks, log: silent });
}

const excepting = (expires: string): string =>
  `version: 1
exceptions:
  - { check: public-network-access, service: '${watched('one').id}', owner: Ada, reason: migration, expires: ${expires} }
`;

test('an invalid policy is told once, and the last good one holds meanwhile', async () => {
  const first = await watch(good);
  for (let i = 0; i < 3; i += 1) expect((await watch(bad))?.sha256).toBe(first?.sha256);
  expect(sent.map(({ name }) => name)).toEqual(['PolicyInvalid']);
  expect(sent[0]?.properties.problem).toContain('estat');
});

test('other problems are told anew, and so are the same ones after the policy had been good', async () => {
  for (const text of [bad, 'version: 2\n', good, bad]) await watch(text);
  expect(sent).toHaveLength(3);
});

test('what was not accepted is told by the next sweep', async () => {
  accepts = false;
  await watch(bad);
  accepts = true;
  for (let i = 0; i < 2; i += 1) await watch(bad);
  expect(sent).toHaveLength(1);
});

test('one family speaks; the others only obey', async () => {
  await watch(good, false);
  expect(await store.policy()).toBeUndefined();
  await watch(bad, false);
  expect(sent).toEqual([]);
});

test('without any good policy there is none, and that is told once too', async () => {
  expect([await watch(bad), await watch(bad)]).toEqual([undefined, undefined]);
  expect(sent).toHaveLength(1);
});

test('an exception is told of 14 and 3 days before its end, each once', async () => {
  const seen: string[] = [];
  for (let hour = 0; hour < 24 * 20; hour += 6) {
    now = new Date(Date.parse('2026-11-22T00:00:00Z') + hour * 3_600_000).toISOString();
    const before = sent.length;
    await watch(excepting('2026-12-10'));
    seen.push(
      ...sent.slice(before).map(({ properties }) => `${now.slice(0, 13)} ${properties.owner} ${properties.expires}`),
    );
  }
  // a bare date holds until that day ends
  expect(seen).toEqual(['2026-11-27T00 Ada 2026-12-10', '2026-12-08T00 Ada 2026-12-10']);
  expect(sent[0]).toMatchObject({
    name: 'ExceptionExpiring',
    properties: { check: 'public-network-access', serviceId: watched('one').id },
    measurements: { days: 14 },
  });
});

test('an exception that is met two days before its end is told of once; one that has ended is not', async () => {
  now = '2026-12-09T00:00:00Z';
  await watch(excepting('2026-12-10'));
  await watch(excepting('2026-12-10'));
  expect(sent.map(({ measurements }) => measurements.days)).toEqual([3]);
  now = '2026-12-11T00:00:00Z';
  await watch(excepting('2026-12-10'));
  expect(sent).toHaveLength(1);
});
