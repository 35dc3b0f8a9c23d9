import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditCases } from './audit-cases.ts';
import { type EstateJudge, openJudge } from './estate-judge.ts';
import { judgeWards } from './wards.ts';

let judge: EstateJudge;
beforeAll(async () => {
  judge = await openJudge();
});
afterAll(() => judge.close());

test(`${auditCases.length} audit settings and logs get the verdicts they must get`, { timeout: 400_000 }, async () => {
  expect(await judgeWards(judge, auditCases)).toEqual([]);
});
