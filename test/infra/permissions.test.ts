import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import { createDefaultHttpClient, type HttpClient } from '@azure/core-rest-pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseEstate } from '../../sandbox/estate.ts';
import { apiForFhirLegacy, compliantClinic } from '../../sandbox/estates/index.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { issueToken } from '../../sandbox/tokens.ts';
import type { AzureDocument, Estate } from '../../sandbox/types.ts';
import { clouds, overrideCloud } from '../../src/clouds.ts';
import { createAzure } from '../../src/evidence/azure/client.ts';
import { collectors, gatherEvidence } from '../../src/evidence/collectors.ts';
import { discoverEstate } from '../../src/evidence/inventory.ts';
import type { EvidenceKind } from '../../src/model.ts';
import { auditTables, logPermissions, type Permission, readerPermissions } from '../../src/permissions.ts';
import { parsePolicy, resolveExpectations } from '../../src/policy.ts';

const actions = (permissions: readonly Permission[]): readonly string[] => permissions.map(({ action }) => action);
const text = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

describe('the list', () => {
  test.each([
    ['reader', readerPermissions],
    ['logs', logPermissions],
  ])('%s: reads only, each action once, in order, with what it is for', (_, permissions) => {
    const names = actions(permissions);
    expect(names.filter((name) => !/^Microsoft\.[A-Za-z]+(\/[A-Za-z]+)+\/read$/i.test(name))).toEqual([]);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
    expect(permissions.filter(({ why }) => why.length < 10)).toEqual([]);
  });

  test('the reader’s is sorted, so that a change is one line', () => {
    const names = actions(readerPermissions).map((name) => name.toLowerCase());
    expect(names).toEqual([...names].sort());
  });

  test('the roles that are deployed are made of it', async () => {
    const roles = { reader: actions(readerPermissions), logs: actions(logPermissions) };
    await expect(`${JSON.stringify(roles, null, 2)}\n`).toMatchFileSnapshot('../../infra/fleet/roles.json');
  });

  test('the page that explains the roles names all of it and no more', () => {
    const page = text('docs/deploy.md');
    const rows = [...page.matchAll(/^\| `(Microsoft\.[^`]+)` \| (.+) \|$/gm)].map(
      ([, action, why]) => `${action}: ${why}`,
    );
    const wanted = [...readerPermissions, ...logPermissions].map(({ action, why }) => `${action}: ${why}`);
    expect(rows).toEqual(wanted);
  });

  test('the tables are those that the audit query reads', () => {
    const query = text('src/evidence/logs/audit-log-failures.kql');
    const read = [...query.matchAll(/^ {4}\((\w+)$/gm)].map(([, table]) => table);
    expect(read.sort()).toEqual([...auditTables].sort());
  });
});

describe('what the collectors really call', () => {
  let sandbox: Sandbox;
  const called = new Set<string>();
  const trusted = tls.getCACertificates('default');

  beforeAll(async () => {
    sandbox = await startSandbox(everyPath());
    tls.setDefaultCACertificates([sandbox.tls.ca]);
    await gatherAll(sandbox, called);
  }, 60_000);
  afterAll(() => {
    tls.setDefaultCACertificates(trusted);
    return sandbox.close();
  });

  const listed = new Set(actions([...readerPermissions, ...logPermissions]).map((name) => name.toLowerCase()));

  test('is all listed: nothing would be refused by the minimal role', () => {
    expect(called.size).toBeGreaterThan(15);
    expect([...called].filter((action) => !listed.has(action)).sort()).toEqual([]);
  });

  test('is all of the list: no right is asked for that nothing uses', () => {
    const tables = auditTables.map((table) =>
      `microsoft.operationalinsights/workspaces/query/${table}/read`.toLowerCase(),
    );
    expect([...listed].filter((action) => !called.has(action) && !tables.includes(action)).sort()).toEqual([]);
  });
});

/** A parent whose document lists no connections: they are resources of their own. */
function withConnectionsApart(parent: AzureDocument): readonly AzureDocument[] {
  if (!/^Microsoft\.HealthcareApis\/(workspaces|services)$/i.test(parent.type ?? '')) return [parent];
  const { privateEndpointConnections, ...properties } = { ...(parent.properties as Record<string, unknown>) };
  const connections = Array.isArray(privateEndpointConnections) ? (privateEndpointConnections as AzureDocument[]) : [];
  const type = `${parent.type}/privateEndpointConnections`;
  return [{ ...parent, properties } as AzureDocument, ...connections.map((one) => ({ ...one, type }))];
}

/** Both generations of the service, in a state that makes the collectors take their fallbacks too. */
function everyPath(): Estate {
  const clinic = compliantClinic();
  const legacy = apiForFhirLegacy();
  const merged = {
    ...clinic,
    resources: [...(clinic.resources ?? []), ...(legacy.resources ?? [])]
      .filter((one, index, all) => all.findIndex(({ id }) => id.toLowerCase() === one.id.toLowerCase()) === index)
      .flatMap(withConnectionsApart),
    // the subscription's list of role assignments is refused, so that the monitor asks what it may and Resource Graph
    faults: [
      {
        target: 'resource-manager',
        match: 'providers/Microsoft.Authorization/roleAssignments',
        kind: 'status',
        status: 500,
      },
    ],
  };
  const parsed = parseEstate(JSON.parse(JSON.stringify(merged)), new Date());
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.estate;
}

const healthTypes = [
  'services',
  'workspaces',
  'workspaces/fhirservices',
  'workspaces/dicomservices',
  'workspaces/iotconnectors',
];

/** The permissions that Azure asks for a request, by its own naming: the types of the path, and `read`. */
function actionsOf(url: string, body: string, logs: string): readonly string[] {
  const { origin, pathname } = new URL(url);
  const path = decodeURIComponent(pathname)
    .toLowerCase()
    .replace(/\/{2,}/g, '/');
  if (origin === logs) return ['microsoft.operationalinsights/workspaces/query/read'];
  if (path.endsWith('/metrics:getbatch')) return ['microsoft.insights/metrics/read'];
  if (path === '/providers/microsoft.resourcegraph/resources') {
    const query = body.toLowerCase();
    const types = [...query.matchAll(/'(microsoft\.[\w./]+[\w])'/g)]
      .map(([, type]) => `${type}/read`)
      .filter((type) => type.split('/').length > 2);
    const health = query.includes("startswith 'microsoft.healthcareapis/'")
      ? healthTypes.map((type) => `microsoft.healthcareapis/${type}/read`)
      : [];
    return ['microsoft.resourcegraph/resources/read', ...types, ...health];
  }
  const [namespace = '', ...rest] = path.split('/providers/').at(-1)?.split('/') ?? [];
  return [[namespace, ...rest.filter((_, index) => index % 2 === 0), 'read'].join('/')];
}

async function gatherAll({ endpoints, world }: Sandbox, called: Set<string>): Promise<void> {
  const { resourceManager = '', logs = '', metrics = '' } = endpoints;
  const real = createDefaultHttpClient();
  const http: HttpClient = {
    sendRequest(request) {
      const body = typeof request.body === 'string' ? request.body : '';
      for (const action of actionsOf(request.url, body, new URL(logs).origin)) called.add(action);
      return real.sendRequest(request);
    },
  };
  const azure = createAzure({
    credential: {
      async getToken(scopes) {
        const { token, expiresOn } = issueToken(world, `${[scopes].flat()[0]}`.replace(/\/\.default$/, ''));
        return { token, expiresOnTimestamp: expiresOn * 1000 };
      },
    },
    cloud: overrideCloud(clouds.AzureCloud, { resourceManager, logs, metrics }),
    now: () => world.now(),
    random: () => 0,
    http,
  });
  const signal = AbortSignal.timeout(50_000);
  const policy = parsePolicy('version: 1\n', { now: world.now(), checkIds: [] });
  if (!policy.ok) throw new Error(JSON.stringify(policy.problems));
  const { services, inventory } = await discoverEstate(policy.policy.estate, azure, signal);
  // Microsoft Graph, resolvers, the services' own endpoints and the app's own workspace: no rights over the estate
  const elsewhere: readonly string[] = ['directory', 'dnsAnswers', 'privatePath', 'publicPath'];
  const kinds = (Object.keys(collectors) as EvidenceKind[]).filter((kind) => !elsewhere.includes(kind));
  await gatherEvidence(
    {
      services,
      inventory,
      azure,
      signal,
      confirm: 'all',
      optIn: new Set(),
      dns: { servers: [], vantageRecord: 'vantage.fhirwatch.internal' },
      expect: (service) => resolveExpectations(policy.policy, service),
      now: () => world.now(),
    },
    new Set(kinds),
  );
}
