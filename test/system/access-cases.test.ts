import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessCases } from './access-cases.ts';
import { type EstateJudge, openJudge } from './estate-judge.ts';
import { judgeWards } from './wards.ts';

let judge: EstateJudge;
beforeAll(async () => {
  judge = await openJudge();
});
afterAll(() => judge.close());

test(`${accessCases.length} ways to hold a role get the verdicts they must get`, { timeout: 400_000 }, async () => {
  expect(await judgeWards(judge, accessCases)).toEqual([]);
});
