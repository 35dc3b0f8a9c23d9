import { afterEach, describe, expect, test } from 'vitest';
import { followChange, readChange } from '../../src/app/changes.ts';
import type { Store } from '../../src/model.ts';
import { memoryStore } from '../../src/state/memory.ts';
import { appOf } from './fixture.ts';

const id =
  '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg/providers/Microsoft.HealthcareApis/workspaces/w';
const data = { resourceUri: id, operationName: 'Microsoft.HealthcareApis/workspaces/write' };
const event = { id: '1', eventType: 'Microsoft.Resources.ResourceWriteSuccess', subject: id, data };

describe('an event', () => {
  test('is read in the schema of Event Grid and as a CloudEvent', () => {
    const change = { id, operation: data.operationName };
    expect(readChange(event)).toEqual(change);
    expect(readChange({ specversion: '1.0', type: event.eventType, source: '/s', data })).toEqual(change);
  });

  test.each([
    ['nothing', undefined],
    ['a text', 'Microsoft.HealthcareApis/workspaces/write'],
    ['a list', [event]],
    ['another type', { ...event, eventType: 'Microsoft.Resources.ResourceWriteFailure' }],
    ['another publisher', { ...event, eventType: 'Microsoft.Storage.BlobCreated' }],
    ['no data', { ...event, data: undefined }],
    ['an id that is none', { ...event, data: { ...data, resourceUri: 'https://evil.example/' } }],
    [
      'an id outside a subscription',
      { ...event, data: { ...data, resourceUri: '/providers/Microsoft.Management/managementGroups/m' } },
    ],
    ['an id with a line break', { ...event, data: { ...data, resourceUri: `${id}\n/x` } }],
    ['a long id', { ...event, data: { ...data, resourceUri: `${id}/${'a'.repeat(2048)}` } }],
    ['an operation that is none', { ...event, data: { ...data, operationName: "x' or 1 eq 1" } }],
    ['numbers for texts', { ...event, data: { resourceUri: 1, operationName: 2 } }],
  ])('that is %s is not believed', (_, message) => {
    expect(readChange(message)).toBeUndefined();
  });
});

const environment = {};
let waited: number[] = [];
let errors: string[] = [];
afterEach(() => {
  waited = [];
  errors = [];
});
const log = { info: () => {}, error: (text: string) => void errors.push(text) };

/** An app that cannot reach Azure: whoever must look again fails. */
function follow(store: Store, message: unknown) {
  const app = appOf(store, () => new Date('2026-11-22T08:00:00Z'));
  const wait = async (ms: number) => void waited.push(ms);
  return followChange(message, environment, log, () => {}, { wait, open: app.open });
}

test('what is not understood, and what no check looks at, is done with at once', async () => {
  const store = memoryStore();
  await follow(store, 'nonsense');
  await follow(store, {
    ...event,
    data: { resourceUri: id, operationName: 'Microsoft.Compute/virtualMachines/write' },
  });
  expect([errors.length, waited, await store.dueChanges()]).toEqual([1, [], []]);
});

test('the first of a deployment waits for the others, and they for nobody', async () => {
  const store = memoryStore();
  const other = { ...event, data: { ...data, resourceUri: `${id}2` } };
  await store.noteChanges([], '2026-11-22T08:00:00.000Z', 120);
  await follow(store, event);
  await follow(store, other);
  expect(waited).toEqual([]);
  expect((await store.dueChanges()).map((change) => change.id)).toEqual([id, `${id}2`]);
});

test('changes that could not be looked at stay on the list, and the next delivery looks at them', async () => {
  const store = memoryStore();
  await expect(follow(store, event)).rejects.toThrow('policy');
  await expect(follow(store, event)).rejects.toThrow('policy');
  expect(waited).toEqual([15_000, 15_000]);
  expect(await store.dueChanges()).toHaveLength(1);
});
