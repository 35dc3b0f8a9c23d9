import tls from 'node:tls';
import type { TokenCredential } from '@azure/core-auth';
import { ManagedIdentityCredential } from '@azure/identity';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseEstate } from '../../sandbox/estate.ts';
import { compliantClinic } from '../../sandbox/estates/index.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { issueToken } from '../../sandbox/tokens.ts';
import type { Estate as SandboxEstate, World } from '../../sandbox/types.ts';
import { clouds, overrideCloud } from '../../src/clouds.ts';
import { createAzure } from '../../src/evidence/azure/client.ts';
import type { BatchInput } from '../../src/evidence/batch.ts';
import { gatherEvidence } from '../../src/evidence/collectors.ts';
import { discoverEstate, EstateUnlistable } from '../../src/evidence/inventory.ts';
import type { Evidence, EvidenceKind } from '../../src/model.ts';
import { testLimits } from './azure-fixture.ts';
import { everything, signal } from './collect-fixture.ts';

const kinds: readonly EvidenceKind[] = [
  'resource',
  'workspace',
  'privateEndpoints',
  'requiredZones',
  'privateZones',
  'roleAssignments',
  'roleDefinitions',
  'eligibleRoles',
  'activeRoles',
  'denyAssignments',
  'directory',
  'diagnosticSettings',
  'logWorkspaces',
];

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox(estateWith({}));
  tls.setDefaultCACertificates([sandbox.tls.ca]);
  for (const [name, value] of Object.entries(sandbox.environment)) vi.stubEnv(name, value);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await sandbox.close();
});

function estateWith(more: object): SandboxEstate {
  const parsed = parseEstate({ ...compliantClinic(), ...more }, new Date());
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.estate;
}

interface SweepOptions {
  readonly limits?: Partial<typeof testLimits>;
  readonly credential?: TokenCredential;
}

async function sweep(more: object = {}, { limits, credential }: SweepOptions = {}) {
  sandbox.world.replace(estateWith(more));
  const { resourceManager, graph } = sandbox.endpoints;
  const cloud = overrideCloud(clouds.AzureCloud, {
    resourceManager: resourceManager ?? '',
    microsoftGraph: graph ?? '',
  });
  const azure = createAzure({
    credential: credential ?? tokensOf(sandbox.world),
    cloud,
    now: () => sandbox.world.now(),
    random: () => 0.5,
    limits: {
      ...testLimits,
      pageBytes: 8e6,
      pages: 50,
      depth: 64,
      attemptMs: 5_000,
      tokenMs: 9_000,
      callMs: 20_000,
      ...limits,
    },
  });
  const estate = await discoverEstate(everything, azure, signal);
  const input: BatchInput = {
    services: estate.services,
    inventory: estate.inventory,
    confirm: 'all',
    azure,
    dns: { servers: [], vantageRecord: 'vantage.fhirwatch.internal' },
    signal,
    optIn: new Set(['directory']),
    expect: () => {
      throw new Error('no collector under test asks the policy');
    },
    now: () => sandbox.world.now(),
  };
  return { estate, evidence: await gatherEvidence(input, new Set(kinds)) };
}

/** The tokens that the sandbox's identity endpoint gives, without asking it: the SDK would cache them in the process. */
function tokensOf(world: World): TokenCredential {
  return {
    async getToken(scopes) {
      const { token, expiresOn } = issueToken(world, `${[scopes].flat()[0]}`.replace(/\/\.default$/, ''));
      return { token, expiresOnTimestamp: expiresOn * 1000 };
    },
  };
}

/** The kinds that failed, of any service, with their reasons. */
function failures(evidence: ReadonlyMap<string, Evidence>): readonly string[] {
  const lost = [...evidence.values()].flatMap((one) =>
    Object.entries(one).flatMap(([kind, gathered]) => (gathered.ok ? [] : [`${kind}: ${gathered.reason}`])),
  );
  return [...new Set(lost)].sort();
}

const fault = (more: object) => ({ target: 'resource-manager', match: '.', kind: 'status', ...more });

describe('a sweep of the sandbox through the real SDK clients', () => {
  it('gathers every kind of evidence, directly', async () => {
    const { estate, evidence } = await sweep({}, { credential: new ManagedIdentityCredential() });
    expect(estate.services.map(({ kind }) => kind).sort()).toEqual([
      'dicomService',
      'fhirService',
      'fhirService',
      'workspace',
    ]);
    expect(estate.problems).toEqual([]);
    expect(failures(evidence)).toEqual([]);
    for (const { resource, privateEndpoints, roleAssignments } of evidence.values()) {
      expect([resource, privateEndpoints, roleAssignments]).toMatchObject([
        { direct: true },
        { direct: true },
        { direct: true },
      ]);
    }
  });

  it('knows everything in spite of faults that pass', async () => {
    const faults = [
      fault({ status: 429, times: 2 }),
      fault({ match: 'roleAssignments', status: 500, times: 1 }),
      fault({ match: 'diagnosticSettings', kind: 'reset', times: 1 }),
      fault({ target: 'resource-graph', status: 429, retryAfter: 1, times: 2 }),
    ];
    const { evidence } = await sweep({ faults });
    expect(failures(evidence)).toEqual([]);
  });

  it.each([
    ['html', 'malformed'],
    ['empty', 'malformed'],
    ['malformed', 'malformed'],
    ['partial', 'malformed'],
    ['reset', 'unreachable'],
    ['hang', 'unreachable'],
  ])(
    'shows role assignments as a gap where their list is: %s',
    async (kind, reason) => {
      const faults = [
        fault({ match: '/roleAssignments\\?', kind }),
        fault({ match: 'authorizationresources', target: 'resource-graph', status: 403 }),
      ];
      const { evidence } = await sweep({ faults }, kind === 'hang' ? { limits: { callMs: 6_000 } } : {});
      expect(failures(evidence)).toEqual([`roleAssignments: ${reason}`]);
    },
    60_000,
  );

  it('shows a listing whose next page is elsewhere as a gap', async () => {
    for (const link of ['https://evil.example/x', '{self}', 'http://localhost:1/x']) {
      const { evidence } = await sweep({ faults: [fault({ match: 'diagnosticSettings', kind: 'nextLink', link })] });
      expect(failures(evidence)).toEqual(['diagnosticSettings: malformed', 'logWorkspaces: malformed']);
    }
  });

  it('cannot list an estate of which Resource Graph tells only a part', async () => {
    const faults = [fault({ target: 'resource-graph', kind: 'partial' })];
    await expect(sweep({ faults })).rejects.toBeInstanceOf(EstateUnlistable);
  });

  it('says that the identity was refused', async () => {
    const credential = new ManagedIdentityCredential('an identity that is not there');
    await expect(sweep({}, { credential })).rejects.toMatchObject({ name: 'EstateUnlistable', identity: true });
  });
});
