import type { Gathered, Permission } from '../model.ts';
import { type Azure, failed } from './azure/client.ts';
import { mapBounded } from './batch.ts';
import { toPermission } from './collect-role-rows.ts';

const permissionsApi = '2022-04-01';

export interface OwnPermissions {
  /** a resource group or a resource */
  readonly scope: string;
  readonly permissions: Gathered<readonly Permission[]>;
}

/** What Azure says that this very identity may do at each scope, whatever role gives it, and wherever. */
export function collectOwnPermissions(
  azure: Azure,
  scopes: readonly string[],
  signal: AbortSignal,
): Promise<readonly OwnPermissions[]> {
  return mapBounded(scopes, async (scope) => {
    const path = `${scope}/providers/Microsoft.Authorization/permissions`;
    const listed = await azure.list(path, permissionsApi, {}, signal);
    if (!listed.ok) return { scope, permissions: listed };
    try {
      return { scope, permissions: { ...listed, value: listed.value.map(toPermission) } };
    } catch (error) {
      return { scope, permissions: failed(error, `ARM GET ${path}`, azure.now()) };
    }
  });
}
