/** Rows that hold a role at a scope: assignments, PIM instances, deny assignments; and Azure's filters over them. */
import { listAt, textAt } from '../documents.ts';
import type { AzureDocument, Estate } from '../types.ts';
import { isUnreadable, nameOf, normalise, type Relation, relationOf } from './scopes.ts';

/** Which rows a `$filter` asks for. */
export interface RowFilter {
  /** only rows at the scope and above */
  readonly atScope: boolean;
  /** only rows of one of these principals, lower case */
  readonly principals: ReadonlySet<string> | undefined;
}

/** Reads a `$filter`, or undefined where Azure supports none of that form. */
export function readRowFilter(estate: Estate, filter: string | undefined): RowFilter | undefined {
  if (filter === undefined || filter.trim() === '') return { atScope: false, principals: undefined };
  let atScope = false;
  let principals: ReadonlySet<string> | undefined;
  for (const term of filter.trim().split(/\s+and\s+/i)) {
    const principal = /^principalId\s+eq\s+'([^']+)'$/i.exec(term)?.[1];
    const assignedTo = /^assignedTo\('([^']+)'\)$/i.exec(term)?.[1];
    if (/^atScope\(\)$/i.test(term)) atScope = true;
    else if (principal !== undefined) principals = new Set([principal.toLowerCase()]);
    else if (assignedTo !== undefined) principals = membershipsOf(estate, assignedTo);
    else if (/^asTarget\(\)$/i.test(term)) principals = membershipsOf(estate, estate.monitor.principalId);
    else return undefined;
  }
  return { atScope, principals };
}

const selections = new WeakMap<Estate, Map<string, readonly AzureDocument[]>>();

/** The same for every page of a list; `list` names its rows. */
export function selectRowsOnce(
  estate: Estate,
  list: 'roleAssignments' | 'denyAssignments' | 'roleEligibilityScheduleInstances' | 'roleAssignmentScheduleInstances',
  scope: string,
  filter: RowFilter,
): readonly AzureDocument[] {
  // only lists that no principal narrows are long
  if (filter.principals) return selectRows(estate, estate[list], scope, filter);
  const known = selections.get(estate) ?? new Map<string, readonly AzureDocument[]>();
  selections.set(estate, known);
  const key = `${list} ${filter.atScope} ${normalise(scope)}`;
  const selected = known.get(key) ?? selectRows(estate, estate[list], scope, filter);
  known.set(key, selected);
  return selected;
}

/** The rows that a list asked at `scope` holds: whoever may read there sees what is inherited, but below only what it may read. */
function selectRows(
  estate: Estate,
  rows: readonly AzureDocument[],
  scope: string,
  { atScope, principals }: RowFilter,
): readonly AzureDocument[] {
  return rows.filter((row) => {
    const relation = relationOf(estate, scopeOf(row), scope);
    if (relation === undefined || !isVisible(estate, row, relation, atScope)) return false;
    return principals === undefined || principalsOf(row).some((id) => principals.has(id));
  });
}

/** Where a row applies: its own word, else what its id says. */
export function scopeOf(row: AzureDocument): string {
  const stated = textAt(row.properties, 'scope');
  if (stated !== undefined) return stated;
  const provider = row.id.toLowerCase().lastIndexOf('/providers/microsoft.authorization/');
  return provider <= 0 ? '/' : row.id.slice(0, provider);
}

/** A principal and every group that it is in, directly or through groups, lower case. */
export function membershipsOf(estate: Estate, principalId: string): ReadonlySet<string> {
  const found = new Set([principalId.toLowerCase()]);
  for (let grown = true; grown; ) {
    const size = found.size;
    for (const { id, members = [] } of estate.directory)
      if (members.some((member) => found.has(member.toLowerCase()))) found.add(id.toLowerCase());
    grown = found.size > size;
  }
  return found;
}

/** A list is authorised at the scope it is asked at: it tells of what the monitor may see below, also what it may not ask there. */
function isVisible(estate: Estate, row: AzureDocument, relation: Relation, atScope: boolean): boolean {
  if (relation !== 'below') return true;
  return !atScope && !isUnreadable(estate, scopeOf(row));
}

/** Deny assignments name several principals. */
function principalsOf(row: AzureDocument): readonly string[] {
  const one = textAt(row.properties, 'principalId');
  const several = listAt(row.properties, 'principals').flatMap((principal) => textAt(principal, 'id') ?? []);
  return (one === undefined ? several : [one, ...several]).map((id) => nameOf(id));
}
