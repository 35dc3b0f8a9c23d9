import type { Check, Gathered, ResourceDocument } from '../model.ts';
import { describeReading, fieldAt, observeReading, type Reading, readEnum } from '../rules/reading.ts';
import { lastSegment, normaliseId } from '../rules/resource-id.ts';
import { shellWord } from '../rules/shell.ts';
import { blame, fail, pass, unknown } from './verdict.ts';

type Flag = 'Enabled' | 'Disabled';

interface FlagSeen {
  readonly key: string;
  readonly reading: Reading<Flag> | undefined;
  /** for a reader: what was read, or why nothing was */
  readonly said: string;
}

export const publicNetworkAccess: Check<never, 'resource' | 'workspace'> = {
  id: 'public-network-access',
  family: 'network',
  title: 'FHIR service is reachable only through private endpoints',
  severity: 'critical',
  appliesTo: ['workspace', 'fhirService', 'dicomService', 'apiForFhir'],
  why:
    'With public network access on, anyone on the Internet who holds or steals a token reaches patient data: the ' +
    'virtual network protects nothing. No built-in Azure Policy looks at this flag; they only count approved endpoints.',
  remediation: {
    summary:
      'Set publicNetworkAccess to Disabled on the service (Azure API for FHIR) or on the workspace that owns it, once ' +
      'an approved private endpoint exists. A change takes up to 5 minutes to act. Children mirror their workspace.',
    command: (service) =>
      `az resource update --ids ${shellWord(service.workspaceId ?? service.id)} --api-version 2024-03-31 --set properties.publicNetworkAccess=Disabled`,
  },
  references: [
    'https://learn.microsoft.com/azure/healthcare-apis/healthcare-apis-configure-private-link',
    'https://learn.microsoft.com/azure/healthcare-apis/azure-api-for-fhir/configure-private-link',
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
  // a change of the flag takes up to five minutes to act (HF 1.7)
  settling: { resolving: 300 },
  requires: [],
  considers: ['resource', 'workspace'],
  evaluate({ resource, workspace }, { service }) {
    const own = seeFlag('its own', 'properties.publicNetworkAccess', resource);
    const flags =
      service.workspaceId === undefined
        ? [own]
        : [
            own,
            seeFlag(`its workspace ${lastSegment(service.workspaceId)}'s`, 'workspace.publicNetworkAccess', workspace),
          ];
    const observed = Object.fromEntries(
      flags.flatMap(({ key, reading }) => (reading ? [[key, observeReading(reading)]] : [])),
    );
    const said = flags.map((flag) => flag.said).join('; ');
    const open = flags.filter(({ reading }) => reading?.is === 'value' && reading.value === 'Enabled');
    if (open.length > 0) {
      const verdict = fail(`The public Internet can reach this service: ${said}. It should be Disabled.`, observed);
      const owner = open.some((flag) => flag !== own) ? service.workspaceId : undefined;
      return blame(verdict, owner === undefined ? undefined : { key: normaliseId(owner), title: lastSegment(owner) });
    }
    if (flags.every(({ reading }) => reading?.is === 'value')) {
      return pass(`Public network access is off: ${said}.`, observed);
    }
    return unknown(`Whether public network access is off is not shown: ${said}. Only Disabled is proof.`, observed);
  },
};

function seeFlag(whose: string, key: string, gathered: Gathered<ResourceDocument>): FlagSeen {
  if (!gathered.ok) {
    const said = `${whose} document could not be read (${gathered.reason}: ${gathered.detail})`;
    return { key, reading: undefined, said };
  }
  const reading = readEnum<Flag>(fieldAt(gathered.value.properties, 'publicNetworkAccess'), ['Enabled', 'Disabled']);
  return { key, reading, said: `${whose} properties.publicNetworkAccess is ${describeReading(reading)}` };
}
