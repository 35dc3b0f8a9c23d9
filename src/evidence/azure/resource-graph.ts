import type { QueryRequestOptions } from '@azure/arm-resourcegraph';
import type { Gathered, Source } from '../../model.ts';
import { type Azure, failed, type RawAnswer } from './client.ts';
import { within } from './deadline.ts';
import { CallError } from './failure.ts';
import { notePage } from './listing.ts';

export interface GraphQuery {
  /** for messages: what is asked for, e.g. `private endpoints` */
  readonly subject: string;
  readonly query: string;
  /** absent: every subscription that the identity can read */
  readonly subscriptions?: readonly string[];
  /** of authorization rows: also those above the subscriptions */
  readonly above?: boolean;
}

const rowsPerPage = 1000;

/**
 * All rows of a Resource Graph query. Fewer rows than there are is a failure, since a row that is left out looks like
 * nothing at all. Never `direct`: Resource Graph lags behind Resource Manager.
 */
export async function queryGraph(
  azure: Azure,
  { subject, query, subscriptions, above }: GraphQuery,
  signal: AbortSignal,
): Promise<Gathered<readonly unknown[]>> {
  const rows: unknown[] = [];
  const sources: Source[] = [];
  const seen = new Set<string>();
  try {
    for (let skipToken: string | undefined, page = 0; page === 0 || skipToken !== undefined; page += 1) {
      notePage(seen, skipToken ?? '', azure.limits);
      const options: QueryRequestOptions = {
        resultFormat: 'objectArray',
        top: rowsPerPage,
        ...(skipToken === undefined ? {} : { skipToken }),
        ...(above ? { authorizationScopeFilter: 'AtScopeAboveAndBelow' } : {}),
      };
      const answer = await within(azure.limits.callMs, signal, async (abortSignal) => {
        const graph = await azure.graph();
        const onResponse = (raw: RawAnswer): void => {
          sources.push({ ...azure.sourceOf(raw), source: `Resource Graph: ${subject}` });
        };
        const request = { query, options, ...(subscriptions ? { subscriptions: [...subscriptions] } : {}) };
        return graph.resources(request, { abortSignal, onResponse });
      });
      if (!Array.isArray(answer.data)) throw new CallError('malformed', 'the answer holds no rows');
      for (const row of answer.data) rows.push(row);
      // https://learn.microsoft.com/azure/governance/resource-graph/concepts/paging-results
      if (`${answer.resultTruncated}` !== 'false') throw new CallError('malformed', 'only part of the rows came');
      skipToken = answer.skipToken || undefined;
      if (skipToken === undefined && rows.length < answer.totalRecords) {
        throw new CallError('malformed', `only ${rows.length} of ${answer.totalRecords} rows came`);
      }
    }
    return { ok: true, value: rows, sources, direct: false };
  } catch (error) {
    return failed(error, `Resource Graph: ${subject}`, azure.now());
  }
}
