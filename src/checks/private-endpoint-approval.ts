import type { Check, CheckContext, Observed, Severity } from '../model.ts';
import { type ConnectionHealth, connectionsHealth, isApproved } from '../rules/endpoint-health.ts';
import { describeReading } from '../rules/reading.ts';
import { lastSegment, normaliseId, subscriptionOf } from '../rules/resource-id.ts';
import { shellWord } from '../rules/shell.ts';
import { fail, pass, unknown } from './verdict.ts';

interface Defect {
  readonly severity: Severity;
  readonly text: string;
}

const GRADES: readonly Severity[] = ['low', 'medium', 'high', 'critical'];

export const privateEndpointApproval: Check<'privateEndpoints'> = {
  id: 'private-endpoint-approval',
  family: 'network',
  title: 'Service has an approved private endpoint that exists, and no stray connections',
  severity: 'critical',
  appliesTo: ['workspace', 'apiForFhir'],
  why:
    'Without an approved endpoint that exists nobody reaches the service privately. A pending connection is an access ' +
    'request that one careless click approves; an approved one from a foreign subscription is a path into patient ' +
    'data that somebody else owns.',
  remediation: {
    summary:
      'Create an endpoint where none is approved. Reject and delete pending, rejected and disconnected connections and ' +
      'those of unknown subscriptions. List the subscriptions that may connect as privateEndpointSubscriptions.',
    command: (service) => `az network private-endpoint-connection list --id ${shellWord(service.id)}`,
  },
  references: [
    'https://learn.microsoft.com/azure/healthcare-apis/healthcare-apis-configure-private-link',
    'https://learn.microsoft.com/azure/private-link/manage-private-endpoint',
  ],
  controls: [
    { framework: 'HIPAA', id: '164.308(a)(4)(ii)(B)', own: true },
    { framework: 'HIPAA', id: '164.312(a)(1)', own: true },
    { framework: 'HIPAA', id: '164.312(e)(1)', own: true },
    { framework: 'NIST 800-53 r5', id: 'AC-4' },
    { framework: 'NIST 800-53 r5', id: 'AC-17' },
    { framework: 'NIST 800-53 r5', id: 'AC-17(1)' },
    { framework: 'NIST 800-53 r5', id: 'SC-7' },
    { framework: 'NIST 800-53 r5', id: 'SC-7(3)' },
    { framework: 'NIST 800-53 r5', id: 'CM-8', own: true },
    { framework: 'MCSB', id: 'NS-2' },
    { framework: 'MCSB', id: 'AM-2', own: true },
  ],
  requires: ['privateEndpoints'],
  evaluate({ privateEndpoints }, context) {
    const all = connectionsHealth(privateEndpoints).map((health) => ({ health, foreign: isForeign(health, context) }));
    const observed = observe(all.map(({ health }) => health));
    const good = all.filter(({ health, foreign }) => health.use === 'usable' && !foreign);
    const foreignApproved = all.some(({ health, foreign }) => foreign && isApproved(health) && health.use !== 'none');
    const open = all.filter(({ health, foreign }) => health.use === 'maybe' && !(foreign && isApproved(health)));
    const defects = all.flatMap(({ health, foreign }) => defectOf(health, foreign) ?? []);
    // A clean approval that merely could not be read counts as existing beside a good one; any other doubt stays.
    const doubtful = open.filter(({ health }) => health.doubts.length > 0);
    const doubts = (good.length > 0 ? doubtful : open).map(({ health }) => `${nameOf(health)}: ${doubtsOf(health)}`);

    if (good.length === 0 && !foreignApproved && open.length === 0) {
      const left = all.length === 0 ? 'there is no connection at all' : defects.map(({ text }) => text).join('; ');
      return fail(`No private endpoint is approved and there: ${left}.`, observed);
    }
    if (defects.length > 0) {
      const missing = good.length === 0 ? 'No approved endpoint of an expected subscription was shown to exist. ' : '';
      const unread = doubts.length > 0 ? ` Besides, it is not known: ${doubts.join('; ')}.` : '';
      const texts = defects.map(({ text }) => text).join('; ');
      return fail(`${missing}Stray connections: ${texts}.${unread}`, observed, worstOf(defects));
    }
    if (doubts.length > 0) {
      return unknown(`Whether every connection is an approved one is not known: ${doubts.join('; ')}.`, observed);
    }
    const unread = open.length > 0 ? ` ${open.length} more approved, whose endpoints could not be read.` : '';
    const names = good.map(({ health }) => nameOf(health)).join(', ');
    return pass(`Approved on both sides, and there: ${names}.${unread}`, observed);
  },
};

/** Whether its endpoint stands in a subscription from which nobody should connect. */
function isForeign({ connection }: ConnectionHealth, { expect, estateSubscriptions }: CheckContext): boolean {
  const subscription = connection.endpointId === undefined ? undefined : subscriptionOf(connection.endpointId);
  if (subscription === undefined) return false;
  const named = expect.privateEndpointSubscriptions;
  const allowed = named.length > 0 ? named.map((id) => subscriptionOf(id) ?? id.toLowerCase()) : estateSubscriptions;
  return !allowed.includes(subscription);
}

/** What is wrong with a connection by itself; the grade is the one beside a good approval. */
function defectOf(health: ConnectionHealth, foreign: boolean): Defect | undefined {
  const { state, gone, spoiltBy } = health;
  if (state.is === 'absent' || state.is === 'null') return undefined;
  const from = foreign
    ? ` from subscription ${subscriptionOf(health.connection.endpointId ?? '')}, which may not connect`
    : '';
  const faults = [...(gone ? ['its endpoint is gone'] : []), ...spoiltBy];
  const but = faults.length > 0 ? `, but ${faults.join(' and ')}` : '';
  const text = `${nameOf(health)} is ${describeReading(state)}${from}${but}`;
  if (state.is === 'value' && (state.value === 'Approved' || state.value === 'Pending') && foreign) {
    return { severity: 'high', text };
  }
  if (!isApproved(health) || spoiltBy.length > 0) return { severity: 'medium', text };
  return gone ? { severity: 'low', text } : undefined;
}

function worstOf(defects: readonly Defect[]): Severity {
  const grade = Math.max(...defects.map(({ severity }) => GRADES.indexOf(severity)));
  return GRADES[grade] ?? 'critical';
}

function doubtsOf({ doubts, unreadable }: ConnectionHealth): string {
  const unread = unreadable ? [`its endpoint could not be read (${unreadable.reason}: ${unreadable.detail})`] : [];
  return [...doubts, ...unread].join(', ');
}

function nameOf({ connection }: ConnectionHealth): string {
  return lastSegment(connection.endpointId ?? connection.id ?? '') || 'a connection without a name';
}

/** One entry a connection: ids in one case, because Resource Graph and Resource Manager may differ in it. */
function observe(all: readonly ConnectionHealth[]): Observed {
  const entries = all.map(({ connection, state, gone, spoiltBy }) => {
    const id = connection.endpointId ?? connection.id;
    const facts = [describeReading(state).replaceAll('"', ''), ...(gone ? ['endpoint gone'] : []), ...spoiltBy];
    return `${id === undefined ? 'no id' : normaliseId(id)}: ${facts.join(', ')}`;
  });
  return { 'properties.privateEndpointConnections': entries.sort() };
}
