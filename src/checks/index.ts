import type { Check, EvidenceKind } from '../model.ts';
import { auditLogFailures } from './audit-log-failures.ts';
import { auditLogSetting } from './audit-log-setting.ts';
import { dataRolePrincipals } from './data-role-principals.ts';
import { dataRolePrivilege } from './data-role-privilege.ts';
import { dataRoleScope } from './data-role-scope.ts';
import { privateDnsResolution } from './private-dns-resolution.ts';
import { privateEndpointApproval } from './private-endpoint-approval.ts';
import { privatePathOpen } from './private-path-open.ts';
import { publicNetworkAccess } from './public-network-access.ts';
import { publicPathBlocked } from './public-path-blocked.ts';

/** Every check that runs. A new check is one file, one test and one line here. */
export const checks: readonly Check<EvidenceKind, EvidenceKind>[] = [
  publicNetworkAccess,
  privateEndpointApproval,
  privateDnsResolution,
  privatePathOpen,
  publicPathBlocked,
  dataRoleScope,
  dataRolePrivilege,
  dataRolePrincipals,
  auditLogSetting,
  auditLogFailures,
];
