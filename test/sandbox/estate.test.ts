import { describe, expect, test } from 'vitest';
import { parseEstate, readEstate } from '../../sandbox/estate.ts';

const realNow = new Date('2026-01-01T00:00:00Z');

function problemsOf(file: unknown): readonly string[] {
  const parsed = parseEstate(file, realNow);
  return parsed.ok ? [] : parsed.problems;
}

describe('an estate file is refused with every problem, by path', () => {
  test.each([
    [{}, 'resources: is missing'],
    [{ resources: [], tennantId: 'x' }, 'tennantId: is not a key of an estate file'],
    [{ resources: [], monitor: { networks: [] } }, 'monitor.networks: is not a key of an estate file'],
    [{ resources: {} }, 'resources: must be a list, not a object'],
    [{ resources: [{ type: 'A/b' }] }, 'resources[0].id: must be a resource id that starts with /'],
    [{ resources: [{ id: '/a' }] }, 'resources[0].type: must be a resource type'],
    [{ resources: [{ id: '/a', type: 7 }] }, 'resources[0].type: must be a resource type'],
    [
      {
        resources: [
          { id: '/a/B', type: 't' },
          { id: '/A/b', type: 't' },
        ],
      },
      'resources[1].id: is also the id of resources[0]',
    ],
    [{ resources: [], roleAssignments: [null] }, 'roleAssignments[0]: must be an object, not null'],
    [{ resources: [], now: 'yesterday' }, 'now: must be a time like 2026-11-22T08:00:00Z'],
    [{ resources: [], cloud: 'AzureMoon' }, 'cloud: must be one of AzureCloud, AzureUSGovernment, AzureChinaCloud'],
    [{ resources: [], dns: { private: [{ name: 'a' }] } }, 'dns.private[0]: must have type and data, or rcode'],
    [{ resources: [], logs: { '/w': { T: [1] } } }, 'logs["/w"].T[0]: must be an object, not a number'],
    [
      { resources: [], logs: { '/w': { T: { columns: { a: 'int' }, rows: [[1], { a: 1 }, 1] } } } },
      'logs["/w"].T.rows[2]: must be a list, not a number',
    ],
    [
      { resources: [], metrics: { '/w': { M: [['x', 1]] } } },
      'metrics["/w"].M[0][0]: must be a time like 2026-11-22T08:00:00Z',
    ],
    [
      { resources: [], faults: [{ target: 'dns', match: '.', kind: 'explode' }] },
      'faults[0].kind: must be one of status, hang, reset, malformed, empty, html, slow, partial, skew, nextLink',
    ],
    [
      { resources: [], faults: [{ target: 'dns', match: '.', kind: 'hang', rate: 2 }] },
      'faults[0].rate: must be a number from 0 to 1',
    ],
  ])('%j', (file, problem) => {
    expect(problemsOf(file)).toEqual([problem]);
  });

  test('all problems at once', () => {
    expect(problemsOf({ resources: [{}], faults: [{}], x: 1 })).toHaveLength(6);
  });

  test('a fault whose pattern is no regular expression', () => {
    expect(problemsOf({ resources: [], faults: [{ target: 'dns', match: '(', kind: 'hang' }] })[0]).toMatch(
      /^faults\[0\]\.match: is no regular expression/,
    );
  });

  test('a text that is not JSON, and a file that is no object', () => {
    expect(readEstate('{', realNow)).toMatchObject({
      ok: false,
      problems: [expect.stringMatching(/^the file is not JSON/)],
    });
    expect(problemsOf([])).toEqual(['the file: must be an object, not a list']);
  });

  test('a key that every object inherits is not a key of an estate file', () => {
    const text = '{ "resources": [], "__proto__": { "resources": [] }, "constructor": 1 }';
    expect(readEstate(text, realNow)).toEqual({
      ok: false,
      problems: ['__proto__: is not a key of an estate file', 'constructor: is not a key of an estate file'],
    });
  });
});

describe('what is inside a document is never refused', () => {
  test('null properties, wrong types, references to what is not there, odd keys', () => {
    const resources = JSON.parse(`[
      { "id": "/a", "type": "t", "properties": null, "tags": 7, "__proto__": { "x": 1 } },
      { "id": "/b", "type": "t", "location": [], "properties": { "subnet": { "id": "/gone" } } }
    ]`);
    const parsed = parseEstate({ resources }, realNow);
    expect(parsed).toMatchObject({ ok: true, estate: { resources } });
  });
});

describe('defaults', () => {
  test('the clock is the real one, the vantage public, the network that of the first endpoint', () => {
    const subnet = { id: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/x' };
    const parsed = parseEstate(
      { resources: [{ id: '/pe', type: 'Microsoft.Network/PrivateEndpoints', properties: { subnet } }] },
      realNow,
    );
    expect(parsed).toMatchObject({
      ok: true,
      estate: {
        now: realNow,
        cloud: 'AzureCloud',
        monitor: {
          publicVantage: true,
          network: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v',
        },
      },
    });
  });

  test('a network that is null stays null: the monitor has no private vantage', () => {
    expect(parseEstate({ resources: [], monitor: { network: null } }, realNow)).toMatchObject({
      estate: { monitor: { network: null } },
    });
  });
});
