import { expect, test } from 'vitest';
import { readSchedule } from '../../sandbox/host/schedule.ts';

test.each([
  ['0 */5 * * * *', '0 */5 * * * *'],
  ['0 0 13 * * 5', '0 0 13 * * 5'],
  ['0  30 9-17  * JAN-mar sun,Wed', '0 30 9-17 * 1-3 0,3'],
  ['0 5/15 * * * *', '0 5-59/15 * * * *'],
  ['0 0 0 1,15 * *', '0 0 0 1,15 * *'],
])('%s is a schedule', (expression, numbers) => {
  expect(readSchedule(expression)).toBe(numbers);
});

test.each([
  ['five fields', '*/5 * * * *'],
  ['seven fields', '0 0 0 * * * 2026'],
  ['a second of 60', '60 * * * * *'],
  ['day of week 7', '0 0 0 * * 7'],
  ['the last day', '0 0 0 L * *'],
  ['a question mark', '0 0 0 ? * 1'],
  ['a nickname', '@daily'],
  ['a time span', '00:05:00'],
  ['a step of nothing', '0 */0 * * * *'],
  ['a range that runs backwards', '0 0 17-9 * * *'],
  ['an empty item', '0 1,,2 * * * *'],
  ['nothing', ''],
])('%s is not', (_, expression) => {
  expect(() => readSchedule(expression)).toThrow('not recognized as a valid cron expression');
});
