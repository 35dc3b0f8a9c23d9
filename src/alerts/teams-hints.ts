/** What a person on call wants to know of the alerts that are not about one drift, by the rule's name in infra/alerts. */
export interface Hint {
  readonly title: string;
  readonly next: string;
  /** what it means that Azure calls the alert resolved */
  readonly over: string;
  /** nothing is wrong: somebody wants to see whether alerts arrive */
  readonly isTest?: true;
}

const hints: Readonly<Record<string, Hint>> = {
  'heartbeat-missing': {
    title: 'fhirwatch is silent',
    next: 'Open the app’s health (GET /api/health) and its log: is the app running, are its settings valid, does its storage answer? Until sweeps complete again, no other alert of fhirwatch can be believed to be over.',
    over: 'Sweeps of this family complete again.',
  },
  health: {
    title: 'fhirwatch is not healthy from outside',
    next: 'Open the app’s health (GET /api/health) and its log: is the app running, and which family of checks is overdue?',
    over: 'The app’s health answers 200 again.',
  },
  'coverage-lost': {
    title: 'fhirwatch cannot see',
    next: 'Open the report: each unknown finding says what could not be read and why. A changed role, a closed network or a throttled Azure are the usual reasons.',
    over: 'The last sweeps that fhirwatch told of knew enough. If the heartbeat alert is firing there were none lately, and this says nothing.',
  },
  'drifts-across-fleet': {
    title: 'Many FHIR services drifted at once',
    next: 'Open the report: one change (a policy, a role assignment, a deployment) has probably spoiled all of them. Repair it there, not service by service.',
    over: 'Few new critical drifts began within the last hour. Those that began before are not over because of that: the report says which are open.',
  },
  'policy-invalid': {
    title: 'The fhirwatch policy is invalid',
    next: 'The app’s log and the report name every problem with its line and column. Until a valid policy is deployed the last good one holds.',
    over: 'No timer has told of an invalid policy lately. If the heartbeat alert is firing, no timer ran.',
  },
  'exception-expiring': {
    title: 'An accepted risk ends soon',
    next: 'Repair what the exception covers, or have its owner renew it in the policy. After that day the finding pages again.',
    over: 'The exception was told of no more: it was renewed or removed, or it has ended.',
  },
  'private-path-unavailable': {
    title: 'A FHIR service is unreachable from inside',
    next: 'Open the report: private-dns-resolution and private-endpoint-approval say whether the name or the endpoint is at fault.',
    over: 'No more failures were told of. If the heartbeat alert is firing, nobody looked.',
  },
  'test-alert': {
    title: 'Test alert, nothing is wrong',
    next: 'Nothing. Somebody asked fhirwatch doctor whether alerts arrive, and this one did.',
    over: 'The test ended by itself, as it should.',
    isTest: true,
  },
  'rules-disabled': {
    title: 'An alert rule of fhirwatch was switched off',
    next: 'Open Azure Monitor: repair the rule’s query or its permissions and enable it again, or deploy infra/ again.',
    over: 'Azure told of no further change to the rules.',
  },
};

/** By the name that the rule has in Azure; an unknown rule is told by its own name. */
export function hintOf(alertRule: string): Hint {
  const name = alertRule.replace(/^fhirwatch-/, '');
  const known = Object.hasOwn(hints, name) ? hints[name] : undefined;
  return (
    known ?? {
      title: name === '' ? 'An alert of Azure Monitor' : name,
      next: 'Open the report and the alert in Azure Monitor.',
      over: 'The rule’s condition no longer holds. That alone does not say that anything was repaired.',
    }
  );
}
