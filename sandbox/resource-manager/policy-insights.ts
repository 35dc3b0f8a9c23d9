/** `Microsoft.PolicyInsights`: the compliance states that the estate gives its resources. */
import { textAt } from '../documents.ts';
import { deriveId } from '../estate.ts';
import type { SandboxResponse } from '../http.ts';
import type { Estate, JsonObject } from '../types.ts';
import { failure, found } from './answers.ts';
import type { Call } from './call.ts';
import { isAtOrBelow, isUnreadable } from './scopes.ts';
import { resourceGroupOf, subscriptionOf, typeOfId } from './target.ts';

/** `POST …/policyStates/latest/queryResults`: the states at and below the scope. */
export function policyStates({ request, estate, target }: Call): SandboxResponse {
  if (target.names[0]?.toLowerCase() !== 'latest')
    return failure(400, 'InvalidPolicyStatesResourceType', `Policy states '${target.names[0]}' are not supported.`);
  const rows = policyStateRows(estate).filter((row) => isAtOrBelow(textAt(row, 'resourceId') ?? '', target.scope));
  const context = `${request.origin}${request.path.replace(/\/queryResults$/i, '')}/$metadata#latest`;
  const value = rows.map((row) => ({ '@odata.id': null, '@odata.context': `${context}/$entity`, ...row }));
  return found({ '@odata.context': context, '@odata.count': value.length, '@odata.nextLink': null, value });
}

/** The states of what the monitor may read, as the service writes them. */
export function policyStateRows(estate: Estate): readonly JsonObject[] {
  return estate.policyStates.flatMap((state) => {
    const resourceId = textAt(state, 'resourceId');
    if (resourceId === undefined || isUnreadable(estate, resourceId)) return [];
    const definition = textAt(state, 'policyDefinitionId') ?? '';
    const compliance = textAt(state, 'complianceState') ?? 'Unknown';
    const subscriptionId = subscriptionOf(resourceId) ?? '';
    return {
      timestamp: estate.now.toISOString(),
      resourceId,
      policyAssignmentId: `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/policyAssignments/${deriveId('assignment', definition)}`,
      policyDefinitionId: definition,
      subscriptionId,
      resourceType: typeOfId(resourceId),
      resourceGroup: resourceGroupOf(resourceId) ?? '',
      complianceState: compliance,
      isCompliant: compliance.toLowerCase() === 'compliant',
    };
  });
}
