import { expect, test } from 'vitest';
import { isWider, scopeLevel } from '../../src/rules/role-scope.ts';
import { aService, OTHER_SUBSCRIPTION } from '../builders.ts';
import { groupScope, managementGroupScope, serviceScope, subscriptionScope, workspaceScope } from '../role-builders.ts';

const fhir = serviceScope('fhirService');

test.each([
  [fhir, 'service'],
  [`${fhir}/`, 'service'],
  [fhir.toUpperCase(), 'service'],
  [workspaceScope, 'workspace'],
  [groupScope.toLowerCase(), 'resourceGroup'],
  [subscriptionScope, 'subscription'],
  [managementGroupScope, 'managementGroup'],
  [managementGroupScope.toUpperCase(), 'managementGroup'],
  ['/', 'managementGroup'],
] as const)('%s is the %s level of a FHIR service', (scope, level) => {
  expect(scopeLevel(scope, fhir)).toBe(level);
});

test.each([
  ['a child of the service', `${fhir}/providers/Microsoft.Insights/diagnosticSettings/x`],
  ['a sibling', `${workspaceScope}/fhirservices/labs`],
  ['a longer name', `${fhir}2`],
  ['another workspace', `${groupScope}/providers/Microsoft.HealthcareApis/workspaces/ward`],
  ['a longer group', `${groupScope}-dev`],
  ['a shorter group', groupScope.slice(0, -1)],
  ['another subscription', `/subscriptions/${OTHER_SUBSCRIPTION}`],
  ['something at a management group', `${managementGroupScope}/providers/Microsoft.Authorization/policyAssignments/x`],
  ['another tenant-wide provider', '/providers/Microsoft.Capacity/reservationOrders/x'],
])('%s does not hold the service', (_, scope) => {
  expect(scopeLevel(scope, fhir)).toBeUndefined();
});

test('an API for FHIR service has no workspace level', () => {
  const id = aService('apiForFhir').id;
  expect(scopeLevel(id, id)).toBe('service');
  expect(scopeLevel(workspaceScope, id)).toBeUndefined();
  expect(scopeLevel(groupScope, id)).toBe('resourceGroup');
});

test('levels widen in one order', () => {
  const order = ['service', 'workspace', 'resourceGroup', 'subscription', 'managementGroup'] as const;
  for (const [i, a] of order.entries()) for (const [j, b] of order.entries()) expect(isWider(a, b)).toBe(i > j);
});
