import type { Check, PublicPath } from '../model.ts';
import { lastSegment, normaliseId } from '../rules/resource-id.ts';
import { shellWord } from '../rules/shell.ts';
import { blame, fail, pass, unknown } from './verdict.ts';

export const publicPathBlocked: Check<'publicPath', never> = {
  id: 'public-path-blocked',
  family: 'network',
  title: 'FHIR service refuses the public Internet',
  severity: 'critical',
  appliesTo: ['fhirService', 'dicomService', 'apiForFhir'],
  why:
    'A setting says what should be so; an answer from outside shows what is. Any answer but 403 means that the Internet ' +
    'reaches the service, whatever its flag says: one stolen token is then enough to read patient data from anywhere.',
  remediation: {
    summary:
      'Set publicNetworkAccess to Disabled on the service (Azure API for FHIR) or on its workspace and keep an approved ' +
      'private endpoint. A change takes up to 5 minutes to act; if the answer stays, open a support request.',
    command: (service) =>
      `az resource update --ids ${shellWord(service.workspaceId ?? service.id)} --api-version 2024-03-31 --set properties.publicNetworkAccess=Disabled`,
  },
  references: [
    'https://learn.microsoft.com/azure/healthcare-apis/healthcare-apis-configure-private-link',
    'https://learn.microsoft.com/azure/azure-monitor/app/availability',
  ],
  controls: [
    { framework: 'HIPAA', id: '164.312(a)(1)', own: true },
    { framework: 'HIPAA', id: '164.312(e)(1)', own: true },
    { framework: 'NIST 800-53 r5', id: 'AC-3', own: true },
    { framework: 'NIST 800-53 r5', id: 'AC-4', own: true },
    { framework: 'NIST 800-53 r5', id: 'SC-7', own: true },
    { framework: 'NIST 800-53 r5', id: 'SC-7(5)', own: true },
    { framework: 'MCSB', id: 'NS-2', own: true },
  ],
  follows: ['public-network-access'],
  requires: ['publicPath'],
  evaluate({ publicPath: { host, results } }, { service }) {
    const said = `${host}, asked from outside: ${results.map(describe).join('; ')}`;
    const observed = { 'AppAvailabilityResults.status': [...new Set(results.map(observe))].sort() };
    if (results.length === 0) {
      return unknown(
        `No web test from outside reported on ${host} in the last 30 minutes (AppAvailabilityResults "public ${host}"): name the host in publicProbeHosts of the deployment, or mend the test.`,
        observed,
      );
    }
    if (results.some(({ outcome }) => typeof outcome === 'number' && outcome !== 403)) {
      const message = `The Internet reaches this service: ${said}. It should be 403, whatever publicNetworkAccess says.`;
      // A child is exposed by its workspace, which owns the network switch.
      const owner = service.workspaceId;
      return blame(
        fail(message, observed),
        owner === undefined ? undefined : { key: normaliseId(owner), title: lastSegment(owner) },
      );
    }
    if (results.every(({ outcome }) => outcome === 403)) {
      return pass(`Microsoft's edge turns the Internet away: ${said}.`, observed);
    }
    return unknown(`Whether the Internet is turned away is not shown: ${said}. Only 403 is proof.`, observed);
  },
};

type Result = PublicPath['results'][number];

function describe({ location, outcome, at }: Result): string {
  const what = {
    'no-connection': 'no connection',
    unreadable: 'a failed test whose message does not tell the status',
  };
  return `${typeof outcome === 'number' ? outcome : what[outcome]} (${location}, ${at})`;
}

function observe({ outcome }: Result): string {
  return typeof outcome === 'number' && outcome >= 500 ? '5xx' : String(outcome);
}
