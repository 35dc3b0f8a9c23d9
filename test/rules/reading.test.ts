import { expect, test } from 'vitest';
import {
  describeReading,
  fieldAt,
  observeReading,
  readBoolean,
  readEnum,
  readList,
  readRecord,
  readText,
  show,
} from '../../src/rules/reading.ts';

const SWITCH = ['Enabled', 'Disabled'] as const;

test('enum values compare without case and come back as the enum spells them', () => {
  expect(readEnum('dISABLED', SWITCH)).toEqual({ is: 'value', value: 'Disabled' });
});

test('absent, null and outside the enum are three different things', () => {
  expect(readEnum(undefined, SWITCH)).toEqual({ is: 'absent' });
  expect(readEnum(null, SWITCH)).toEqual({ is: 'null' });
  expect(readEnum('Secured', SWITCH)).toEqual({ is: 'outside', shown: '"Secured"' });
  expect(readEnum(false, SWITCH)).toEqual({ is: 'outside', shown: 'false' });
  expect(readEnum(['Disabled'], SWITCH)).toEqual({ is: 'outside', shown: 'a list of 1' });
  expect(readEnum({ value: 'Disabled' }, SWITCH)).toEqual({ is: 'outside', shown: 'an object' });
});

test('a word with white space around it is not the enum value', () => {
  expect(readEnum(' Disabled', SWITCH).is).toBe('outside');
});

test('null, [] and {} where a list or an object belongs mean none; absent stays absent', () => {
  for (const none of [null, [], {}]) {
    expect(readList(none)).toEqual({ is: 'value', value: [] });
    expect(readRecord(none).is === 'value' && Object.keys(none ?? {})).toEqual([]);
  }
  expect(readList(undefined)).toEqual({ is: 'absent' });
  expect(readRecord(undefined)).toEqual({ is: 'absent' });
  expect(readList('a,b').is).toBe('outside');
  expect(readList({ a: 1 }).is).toBe('outside');
  expect(readRecord([1]).is).toBe('outside');
});

test('booleans and texts are never coerced', () => {
  expect(readBoolean('true')).toEqual({ is: 'outside', shown: '"true"' });
  expect(readBoolean(true)).toEqual({ is: 'value', value: true });
  expect(readText(1)).toEqual({ is: 'outside', shown: '1' });
  expect(readText('')).toEqual({ is: 'value', value: '' });
});

test('a path reaches own fields only', () => {
  expect(fieldAt({ a: { b: 1 } }, 'a', 'b')).toBe(1);
  expect(fieldAt({ a: null }, 'a', 'b')).toBeUndefined();
  expect(fieldAt({ a: [{ b: 1 }] }, 'a', 'b')).toBeUndefined();
  expect(fieldAt({}, '__proto__')).toBeUndefined();
  expect(fieldAt({}, 'constructor', 'name')).toBeUndefined();
  expect(fieldAt(JSON.parse('{"__proto__":{"status":"Approved"}}'), 'status')).toBeUndefined();
  expect(fieldAt('text', 'length')).toBeUndefined();
});

test('a hostile size never reaches a message', () => {
  const huge = 'x'.repeat(1_000_000);
  expect(show(huge).length).toBeLessThan(100);
  expect(describeReading(readEnum(huge, SWITCH)).length).toBeLessThan(100);
  expect(show({ secret: huge })).toBe('an object');
});

test('readings name themselves in messages and in observed', () => {
  expect(describeReading(readEnum(undefined, SWITCH))).toBe('absent');
  expect(describeReading(readEnum(null, SWITCH))).toBe('null');
  expect(describeReading(readEnum('enabled', SWITCH))).toBe('"Enabled"');
  expect(observeReading(readEnum(undefined, SWITCH))).toBeNull();
  expect(observeReading(readEnum('odd', SWITCH))).toBe('"odd"');
});
