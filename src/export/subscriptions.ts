import { textAt, valueAt } from '../evidence/azure/documents.ts';
import { lastSegment } from '../rules/resource-id.ts';
import type { ManagementGroup } from './estate-file.ts';
import type { Recording } from './recording.ts';
import type { Redaction } from './redaction.ts';

/** A subscription that the identity sees, with the management groups above it, nearest first. */
export interface VisibleSubscription {
  /** the lower-case GUID */
  readonly id: string;
  readonly above: readonly string[];
}

/** Undefined where Resource Graph did not say which subscriptions there are. */
export function visibleSubscriptions({ queries }: Recording): readonly VisibleSubscription[] | undefined {
  const rows = queries.find(({ query }) => query.startsWith('resourcecontainers'))?.rows;
  return rows?.flatMap((row) => {
    const id = lastSegment(textAt(row, 'id') ?? '').toLowerCase();
    const chain = valueAt(row, 'properties', 'managementGroupAncestorsChain');
    const above = Array.isArray(chain) ? chain.flatMap((group) => textAt(group, 'name') ?? []) : [];
    return id === '' ? [] : [{ id, above }];
  });
}

/** The management groups above these subscriptions, each with those that stand directly under it. */
export function managementGroupsOf(
  subscriptions: readonly VisibleSubscription[],
  redaction: Redaction,
): readonly ManagementGroup[] {
  const groups = new Map<string, { parent: string | null; subscriptions: string[] }>();
  for (const { id, above } of subscriptions) {
    for (const [place, name] of above.entries()) {
      const known = groups.get(name) ?? { parent: above[place + 1] ?? null, subscriptions: [] };
      groups.set(name, known);
      if (place === 0) known.subscriptions.push(redaction.id(id));
    }
  }
  return [...groups].map(([name, { parent, subscriptions: own }]) => ({
    id: redaction.id(name),
    parent: parent === null ? null : redaction.id(parent),
    subscriptions: own,
  }));
}
