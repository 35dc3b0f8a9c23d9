import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CaseRunner, openRunner } from './case-runner.ts';
import { networkCases } from './network-cases.ts';
import { resolutionCases } from './resolution-cases.ts';
import { weatherCases } from './weather-cases.ts';

let runner: CaseRunner;
beforeAll(async () => {
  runner = await openRunner();
}, 60_000);
afterAll(() => runner.close());

const cases = { flag_and_approval: networkCases, resolution: resolutionCases, weather: weatherCases };
for (const [group, list] of Object.entries(cases)) {
  test.each(list)(`${group.replaceAll('_', ' ')}: $name`, { timeout: 60_000 }, async (one) => {
    expect(await runner.run(one)).toEqual([]);
  });
}
