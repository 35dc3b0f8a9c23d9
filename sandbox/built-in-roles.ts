/** Azure's built-in roles that this domain meets, as documents. */
import { broadRoles } from './built-in-roles/control-plane.ts';
import { healthRoles } from './built-in-roles/health.ts';
import { keyVaultRoles, monitorRoles, storageRoles } from './built-in-roles/platform.ts';
import type { BuiltInRole } from './built-in-roles/role.ts';
import type { JsonObject } from './types.ts';

const roles: readonly BuiltInRole[] = [
  ...healthRoles,
  ...broadRoles,
  ...monitorRoles,
  ...storageRoles,
  ...keyVaultRoles,
];

/** The role definition documents, with ids as Resource Manager gives them under `prefix` (a subscription, or '' for the tenant). */
export function builtInRoleDefinitions(
  prefix = '',
): readonly (JsonObject & { readonly id: string; readonly name: string })[] {
  return roles.map(
    ({ id, name, description, actions = [], notActions = [], dataActions = [], notDataActions = [] }) => ({
      properties: {
        roleName: name,
        type: 'BuiltInRole',
        description,
        assignableScopes: ['/'],
        permissions: [{ actions, notActions, dataActions, notDataActions }],
        createdOn: '2015-02-02T21:55:09.8806423Z',
        updatedOn: '2026-01-15T15:13:02.8125411Z',
        createdBy: null,
        updatedBy: null,
      },
      id: `${prefix}/providers/Microsoft.Authorization/roleDefinitions/${id}`,
      type: 'Microsoft.Authorization/roleDefinitions',
      name: id,
    }),
  );
}
