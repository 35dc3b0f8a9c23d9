import type { ApprovedPrincipal } from '../model.ts';
import { lastSegment } from './resource-id.ts';

/** The policy's entries for a principal; object ids compare without case. */
export function listingsOf(
  principals: readonly ApprovedPrincipal[],
  principalId: string,
): readonly ApprovedPrincipal[] {
  const id = principalId.toLowerCase();
  return principals.filter((one) => one.id.toLowerCase() === id);
}

/** Whether an entry names this role, by its name, its guid or its whole id; an entry without `roles` names none. */
export function namesRole(
  listing: ApprovedPrincipal,
  role: { readonly roleId: string; readonly roleName: string },
): boolean {
  return (listing.roles ?? []).some((entry) => {
    const wanted = entry.trim().toLowerCase();
    return wanted === role.roleName.trim().toLowerCase() || lastSegment(wanted) === role.roleId;
  });
}
