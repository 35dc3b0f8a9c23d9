import type { Evidence, EvidenceKind } from '../model.ts';
import { type BatchInput, type Collectors, runCollectors } from './batch.ts';
import { collectDiagnosticSettings, collectLogWorkspaces } from './collect-diagnostics.ts';
import { collectDirectory } from './collect-directory.ts';
import { collectDns } from './collect-dns.ts';
import { collectResources, collectWorkspaces } from './collect-documents.ts';
import { collectAuditWindows, collectTrafficHours } from './collect-logs.ts';
import { collectPrivatePaths, collectPublicPathResults } from './collect-paths.ts';
import { collectPrivateEndpoints, collectRequiredZones } from './collect-private-endpoints.ts';
import { collectPrivateZones } from './collect-private-zones.ts';
import { collectRoleDefinitions } from './collect-role-definitions.ts';
import {
  collectActiveRoles,
  collectDenyAssignments,
  collectEligibleRoles,
  collectRoleAssignments,
} from './collect-roles.ts';

/** Who gathers what: one collector for each kind of evidence. */
export const collectors: Collectors = {
  resource: collectResources,
  workspace: collectWorkspaces,
  privateEndpoints: collectPrivateEndpoints,
  requiredZones: collectRequiredZones,
  privateZones: collectPrivateZones,
  dnsAnswers: collectDns,
  privatePath: collectPrivatePaths,
  publicPath: collectPublicPathResults,
  roleAssignments: collectRoleAssignments,
  roleDefinitions: collectRoleDefinitions,
  eligibleRoles: collectEligibleRoles,
  activeRoles: collectActiveRoles,
  denyAssignments: collectDenyAssignments,
  directory: collectDirectory,
  diagnosticSettings: collectDiagnosticSettings,
  logWorkspaces: collectLogWorkspaces,
  auditRows: collectAuditWindows,
  traffic: collectTrafficHours,
};

/** All evidence of the kinds asked for, by service id. Never rejects: what fails is a failure of its kind. */
export function gatherEvidence(
  input: BatchInput,
  kinds: ReadonlySet<EvidenceKind>,
): Promise<ReadonlyMap<string, Evidence>> {
  return runCollectors(input, kinds, collectors);
}
