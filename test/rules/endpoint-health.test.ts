import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalAddress, looksPrivate } from '../../src/rules/addresses.ts';
import { connectionHealth, usableEndpointsOf } from '../../src/rules/endpoint-health.ts';
import { shellWord } from '../../src/rules/shell.ts';
import { aConnection, anEndpoint, aService, connectionsOf, got, lost } from '../builders.ts';

const OWNER = aService('workspace').id;

test('usable is only what both sides call Approved, exists and was read', () => {
  const good = anEndpoint(OWNER);
  expect(usableEndpointsOf(connectionsOf(OWNER, aConnection(good), aConnection(lost('forbidden'))))).toEqual([good]);
  expect(usableEndpointsOf(connectionsOf(`${OWNER}2`, aConnection(good)))).toEqual([]);
});

test('an approval that says it has no endpoint is as good as none; one that does not say leaves it open', () => {
  const { endpointId: _, ...nameless } = aConnection(lost('not-found'));
  expect(connectionHealth(nameless, OWNER)).toMatchObject({ gone: true, doubts: [], use: 'none' });
  const { endpoint: __, ...silent } = nameless;
  expect(connectionHealth(silent, OWNER)).toMatchObject({ gone: false, use: 'maybe' });
});

test('whatever either side writes, nothing but Approved on both is usable', () => {
  const word = fc.oneof(fc.constantFrom('Approved', 'Pending', 'Rejected', undefined, null), fc.anything());
  fc.assert(
    fc.property(word, word, word, word, (status, consumer, provisioning, endpoints) => {
      const connections = [{ serviceId: OWNER, status: consumer, manual: true }];
      const endpoint = anEndpoint(OWNER, {}, { connections, provisioningState: endpoints });
      const connection = aConnection(got(endpoint), { status, provisioningState: provisioning });
      const approved = [status, consumer].every((one) => typeof one === 'string' && one.toLowerCase() === 'approved');
      const { use } = connectionHealth(connection, OWNER);
      expect(use === 'usable' && !approved).toBe(false);
    }),
  );
});

test('addresses have one spelling; ranges serve words only', () => {
  expect(canonicalAddress('2001:DB8:0:0:0::1')).toBe('2001:db8::1');
  expect(canonicalAddress('10.1.1.4')).toBe('10.1.1.4');
  expect(canonicalAddress('fe80::1%eth0')).toBe('fe80::1%eth0');
  for (const one of ['10.0.0.1', '172.16.0.1', '172.31.9.9', '192.168.1.1', '100.64.0.1', 'fd00::1', 'fe80::1']) {
    expect(looksPrivate(one)).toBe(true);
  }
  for (const one of ['172.32.0.1', '11.0.0.1', '100.128.0.1', '2001:db8::1', 'nonsense', '']) {
    expect(looksPrivate(one)).toBe(false);
  }
});

test('a pasted command runs nothing that a name smuggled in', () => {
  expect(shellWord('/subscriptions/a/resourceGroups/rg-1')).toBe('/subscriptions/a/resourceGroups/rg-1');
  expect(shellWord("rg'; rm -rf ~ #")).toBe("'rg'\\''; rm -rf ~ #'");
  expect(shellWord('rg (test)')).toBe("'rg (test)'");
  expect(shellWord('')).toBe("''");
});
