import type { Check, DnsAnswers, Gathered, Observed, PrivateEndpoints, PrivateZone } from '../model.ts';
import { canonicalAddress } from '../rules/addresses.ts';
import { judgeAnswer } from '../rules/dns-hops.ts';
import { connectionsHealth } from '../rules/endpoint-health.ts';
import { type ExpectedAddresses, expectedAddresses } from '../rules/expected-addresses.ts';
import { hostsOf, isPrivatelinkAlias, isPublicFrontEnd } from '../rules/host-names.ts';
import { lastSegment, normaliseId } from '../rules/resource-id.ts';
import { shellWord } from '../rules/shell.ts';
import { blame, fail, notApplicable, pass, unknown } from './verdict.ts';

interface HostVerdict {
  readonly status: 'right' | 'broken' | 'unclear';
  readonly text: string;
  readonly observed: Observed;
  /** it led to Azure's public front ends: the private path is not there, rather than one record of it */
  readonly isPublic?: boolean;
}

export const privateDnsResolution: Check<never, 'dnsAnswers' | 'privateEndpoints' | 'privateZones'> = {
  id: 'private-dns-resolution',
  family: 'network',
  title: "Service's host name resolves to its private endpoint, and to nothing else, inside the network",
  severity: 'high',
  appliesTo: ['workspace', 'fhirService', 'dicomService', 'apiForFhir'],
  why:
    'A name that resolves publicly inside the network sends patient data towards the Internet or fails with 403; a ' +
    'stale or shadowing record sends clients, with their tokens, to an address that someone else may hold by now.',
  remediation: {
    summary:
      'Mend the hop that the message names: create the endpoint, link the private zone to the network, add or correct ' +
      'the record (a private DNS zone group keeps it), or forward the public zone to the resolver that sees the zone.',
    command: (service) =>
      `az network private-endpoint list --query ${shellWord(`[?contains(to_string(@), '${service.workspaceId ?? service.id}')].{id:id, dns:customDnsConfigs}`)}`,
  },
  references: [
    'https://learn.microsoft.com/azure/private-link/private-endpoint-dns-integration',
    'https://learn.microsoft.com/azure/private-link/private-endpoint-dns',
    'https://learn.microsoft.com/azure/dns/private-dns-fallback',
  ],
  controls: [
    { framework: 'HIPAA', id: '164.308(a)(7)(i)', own: true },
    { framework: 'HIPAA', id: '164.312(e)(1)', own: true },
    { framework: 'NIST 800-53 r5', id: 'SC-20', own: true },
    { framework: 'NIST 800-53 r5', id: 'SC-21', own: true },
    { framework: 'NIST 800-53 r5', id: 'SC-22', own: true },
    { framework: 'NIST 800-53 r5', id: 'CP-2', own: true },
    { framework: 'MCSB', id: 'NS-10', own: true },
    { framework: 'MCSB', id: 'NS-1', own: true },
  ],
  follows: ['private-endpoint-approval'],
  requires: [],
  considers: ['dnsAnswers', 'privateEndpoints', 'privateZones'],
  evaluate({ dnsAnswers, privateEndpoints, privateZones }, { service, cloud }) {
    const hosts = hostsOf(service, cloud, privateEndpoints);
    if (hosts.length === 0) {
      const unread = namesUnread(privateEndpoints);
      if (unread !== undefined) return unknown(`Whether an endpoint lists a host name for it is not known: ${unread}.`);
      return notApplicable('No usable private endpoint lists a host name for the workspace itself.');
    }
    if (!dnsAnswers.ok) {
      return unknown(
        `How its name resolves inside the network is not known (${dnsAnswers.reason}): ${dnsAnswers.detail}`,
      );
    }
    const verdicts = hosts.map((host) =>
      judgeHost(host, dnsAnswers.value, expectedAddresses(host, privateEndpoints, cloud), privateZones),
    );
    const observed = Object.assign({}, ...verdicts.map((verdict) => verdict.observed));
    const say = (status: HostVerdict['status']): string =>
      `${verdicts.flatMap((verdict) => (verdict.status === status ? verdict.text : [])).join('. ')}.`;
    const broken = verdicts.filter(({ status }) => status === 'broken');
    if (broken.length > 0) {
      const owner = broken.every(({ isPublic }) => isPublic) ? service.workspaceId : undefined;
      const culprit = owner === undefined ? undefined : { key: normaliseId(owner), title: lastSegment(owner) };
      return blame(fail(say('broken'), observed), culprit);
    }
    return verdicts.some(({ status }) => status === 'unclear')
      ? unknown(say('unclear'), observed)
      : pass(say('right'), observed);
  },
};

function judgeHost(
  host: string,
  { vantage, hosts }: DnsAnswers,
  expected: ExpectedAddresses,
  zones: Gathered<readonly PrivateZone[]>,
): HostVerdict {
  const asked = hosts.find((one) => one.host === host)?.answer;
  const expectedHere = { [`expected.${host}`]: [...expected.right.keys()].sort() };
  if (asked === undefined) return { status: 'unclear', text: `${host} was not looked up`, observed: expectedHere };
  if (!asked.ok) {
    const text = `${host} got no answer inside the network (${asked.reason}: ${asked.detail})`;
    return { status: 'unclear', text, observed: expectedHere };
  }
  const answer = asked.value;
  const verdict = judgeAnswer({ answer, expected, zones, networkId: vantage.networkId });
  // Azure changes the addresses of its public front ends by itself: that they are public is what the verdict rests on.
  const isPublic = answer.chain.some(isPublicFrontEnd);
  const seen = answer.addresses
    .map(canonicalAddress)
    .map((one) => (isPublic && !expected.right.has(one) ? 'public' : one));
  const seenFrom = `seen from virtual network ${lastSegment(vantage.networkId)}, asked of ${answer.server}`;
  return {
    status: verdict.status,
    isPublic,
    text: `${verdict.text} (${seenFrom})`,
    observed: {
      ...expectedHere,
      [`dns.${host}`]: answer.rcode === 'NXDOMAIN' ? ['NXDOMAIN'] : [...new Set(seen)].sort(),
      [`dns.${host}.alias`]: answer.chain.findLast(isPrivatelinkAlias) ?? null,
      'vantage.network': normaliseId(vantage.networkId),
    },
  };
}

/** Why a list of host names may exist that was not seen; the network interface's list, where there is one, is whole. */
function namesUnread(gathered: Gathered<PrivateEndpoints>): string | undefined {
  if (!gathered.ok)
    return `the private endpoint connections could not be read (${gathered.reason}: ${gathered.detail})`;
  for (const { use, endpoint, connection, doubts, unreadable } of connectionsHealth(gathered.value)) {
    if (use === 'none') continue;
    const name = lastSegment(endpoint?.id ?? connection.endpointId ?? '');
    if (use === 'maybe') return `${name}: ${[...doubts, ...(unreadable ? [unreadable.detail] : [])].join(', ')}`;
    const listed = endpoint?.addresses.ok === true && endpoint.addresses.value.some(({ fqdns }) => fqdns.length > 0);
    const lost = [endpoint?.addresses, endpoint?.zoneGroups].find((one) => one?.ok === false);
    if (!listed && lost?.ok === false) return `${name}: ${lost.detail}`;
  }
  return undefined;
}
