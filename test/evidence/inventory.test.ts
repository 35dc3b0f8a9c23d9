import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { kindOf } from '../../src/evidence/inventory/services.ts';
import { discoverEstate, EstateUnlistable } from '../../src/evidence/inventory.ts';
import { azureAt } from './azure-fixture.ts';
import {
  api,
  clinic,
  discover,
  everything,
  fhir,
  fhirRow,
  hub,
  row,
  run,
  signal,
  sub,
  subscriptionRow,
  workspace,
  workspaceRow,
} from './collect-fixture.ts';

async function failureOf(listing: Promise<unknown>): Promise<EstateUnlistable> {
  const error = await listing.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (error instanceof EstateUnlistable) return error;
  throw new Error('the estate was listed', { cause: error });
}

describe('a listed resource', () => {
  it('becomes a service with the facts of its id', async () => {
    const listed = row(fhir, {}, { tags: { env: 'prod', odd: 5 }, location: 'West Europe', name: 'ws/ehr', type: 'X' });
    const { services, problems } = await discover(clinic({ graph: { healthcare: [listed] } }));
    expect(services).toEqual([
      {
        id: fhir,
        key: createHash('sha256').update(fhir.toLowerCase()).digest('hex').slice(0, 16),
        name: 'ehr',
        kind: 'fhirService',
        subscriptionId: sub,
        resourceGroup: 'rg',
        location: 'West Europe',
        workspaceId: workspace,
        tags: { env: 'prod' },
      },
    ]);
    expect(problems).toEqual([]);
  });

  it.each([
    [workspace, 'workspace'],
    [api, 'apiForFhir'],
    [fhir.toUpperCase(), 'fhirService'],
    [`${workspace}/dicomservices/d`, 'dicomService'],
    [`${workspace}/iotconnectors/i`, 'medtechService'],
    [`${workspace}/iotconnectors/i/fhirdestinations/f`, undefined],
    [`${workspace}/fhirservices`, undefined],
    [`${workspace}/fhirservices/`, undefined],
    [`${workspace}/__proto__/x`, undefined],
    [workspace.replace('HealthcareApis', 'HealthcareApisX'), undefined],
    [`/subscriptions/${sub}/providers/Microsoft.HealthcareApis/services/x`, undefined],
  ])('%s is of kind %s', (id, kind) => {
    expect(kindOf(id)).toBe(kind);
  });

  it('is listed once, sorted by id, whatever the case of its rows', async () => {
    const healthcare = [fhirRow, workspaceRow, row(workspace.toUpperCase(), {})];
    const { services } = await discover(clinic({ graph: { healthcare } }));
    expect(services.map(({ id }) => id.toLowerCase())).toEqual([workspace, fhir].map((id) => id.toLowerCase()));
  });

  it('stays listed when its document is nonsense, and a row without an id is a problem', async () => {
    const healthcare = [row(fhir, 'nonsense', { location: 7, tags: [1] }), {}, null, { id: 5 }, workspaceRow];
    const { services, problems, inventory } = await discover(clinic({ graph: { healthcare } }));
    expect(services.find(({ id }) => id === fhir)).toMatchObject({ location: '', tags: {} });
    expect(problems).toMatchObject([{ scope: '/', reason: 'malformed', detail: expect.stringMatching(/3 of 5 rows/) }]);
    expect(inventory.healthcare).toMatchObject({ ok: true, value: [{ id: workspace }] });
  });
});

describe("the policy's estate", () => {
  it('excludes by id and by beginning', async () => {
    const only = await discover(clinic(), { ...everything, exclude: [workspace.toUpperCase()] });
    expect(only.services.map(({ id }) => id)).toEqual([fhir]);
    const none = await discover(clinic(), { ...everything, exclude: [`/subscriptions/${sub.toUpperCase()}/*`] });
    expect(none.services).toEqual([]);
  });

  it('names a self-hosted server, and that it is not judged is a problem, never silence', async () => {
    const servers = [{ url: 'https://fhir.hospital.example' }];
    const { problems } = await discover(clinic(), { ...everything, servers });
    expect(problems).toMatchObject([
      { scope: 'https://fhir.hospital.example', detail: expect.stringMatching(/not judge/) },
    ]);
  });

  it('names subscriptions, and one that cannot be seen is a problem', async () => {
    const hidden = '33333333-3333-3333-3333-333333333333';
    const { services, problems } = await discover(clinic(), { ...everything, subscriptions: [hub, hidden] });
    expect(services).toEqual([]);
    expect(problems).toMatchObject([{ scope: `/subscriptions/${hidden}`, reason: 'forbidden' }]);
  });

  it('names management groups, by name or full id', async () => {
    const graph = { subscriptions: [subscriptionRow(sub, ['Clinics', 'root']), subscriptionRow(hub)] };
    const id = '/providers/Microsoft.Management/managementGroups/clinics';
    for (const managementGroups of [['CLINICS'], [id]]) {
      const { services, problems } = await discover(clinic({ graph }), { ...everything, managementGroups });
      expect(services).toHaveLength(2);
      expect(problems).toEqual([]);
    }
    const { services, problems } = await discover(clinic({ graph }), { ...everything, managementGroups: ['other'] });
    expect(services).toEqual([]);
    expect(problems).toMatchObject([{ scope: '/providers/Microsoft.Management/managementGroups/other' }]);
  });

  it('cannot be applied where nobody says what lies under a management group', async () => {
    const fake = clinic({ graph: { subscriptions: 403 } });
    const error = await failureOf(discover(fake, { ...everything, managementGroups: ['x'] }));
    expect(error).toMatchObject({ identity: false, failure: { reason: 'forbidden' } });
    const homeless = clinic({ graph: { subscriptions: [{ id: `/subscriptions/${sub}`, properties: {} }] } });
    const { problems } = await discover(homeless, { ...everything, managementGroups: ['x'] });
    expect(problems.map(({ scope }) => scope)).toContain(`/subscriptions/${sub}`);
  });
});

describe('what Resource Graph cannot answer', () => {
  it('ends the listing where the health services cannot be listed', async () => {
    const error = await failureOf(discover(clinic({ graph: { healthcare: 503 } })));
    expect(error).toMatchObject({ identity: false, failure: { reason: 'unreachable' } });
  });

  it('says that it was the identity', async () => {
    const azure = azureAt('https://arm.test', {
      http: run(clinic()).http,
      credential: { getToken: () => Promise.reject(new Error('down')) },
    });
    const error = await failureOf(discoverEstate(everything, azure, signal));
    expect(error).toMatchObject({ identity: true, failure: { reason: 'unreachable' } });
  });

  it('is a problem where subscriptions are hidden, and a failure of its own elsewhere', async () => {
    const fake = clinic({ graph: { subscriptions: 403, endpoints: 429, zones: 500, links: [{ id: 7 }] } });
    const { services, problems, inventory } = await discover(fake);
    expect(services).toHaveLength(2);
    expect(problems).toMatchObject([{ scope: '/', reason: 'forbidden' }]);
    expect(inventory).toMatchObject({
      privateEndpoints: { ok: false, reason: 'throttled' },
      zones: { ok: false, reason: 'unreachable' },
      zoneLinks: { ok: false, reason: 'malformed' },
      zoneRecords: { ok: true },
    });
  });
});

describe('the rows of a query', () => {
  const listed = (body: object) => {
    const running = run(clinic());
    const http = {
      async sendRequest(request: Parameters<typeof running.http.sendRequest>[0]) {
        const response = await running.http.sendRequest(request);
        const isHealth = String(request.body).includes("'microsoft.healthcareapis/'");
        return isHealth ? { ...response, bodyAsText: JSON.stringify(body) } : response;
      },
    };
    return discoverEstate(everything, azureAt('https://arm.test', { http }), signal);
  };
  const whole = { totalRecords: 1, count: 1, resultTruncated: 'false', data: [workspaceRow] };

  it.each([
    ['truncated', { ...whole, resultTruncated: 'true' }],
    ['truncated, with a token', { ...whole, resultTruncated: 'true', $skipToken: 'x' }],
    ['without a word whether they are truncated', { ...whole, resultTruncated: undefined }],
    ['fewer than there are', { ...whole, totalRecords: 2 }],
    ['no list', { ...whole, data: { columns: [], rows: [] } }],
    ['in a circle', { ...whole, totalRecords: 10, $skipToken: 'same' }],
    ['nothing', {}],
  ])('fail as a whole when they are %s', async (_, body) => {
    expect(await failureOf(listed(body))).toMatchObject({ failure: { reason: 'malformed' } });
  });

  it('are asked page by page', async () => {
    let page = 0;
    const running = run(clinic());
    const tokens: unknown[] = [];
    const http = {
      async sendRequest(request: Parameters<typeof running.http.sendRequest>[0]) {
        const response = await running.http.sendRequest(request);
        const body = String(request.body);
        if (!body.includes("'microsoft.healthcareapis/'")) return response;
        tokens.push(JSON.parse(body).options.$skipToken);
        page += 1;
        const more = page < 3 ? { $skipToken: `t${page}` } : {};
        const data = [row(`${workspace}/fhirservices/f${page}`, {})];
        return { ...response, bodyAsText: JSON.stringify({ ...whole, totalRecords: 3, data, ...more }) };
      },
    };
    const { services } = await discoverEstate(everything, azureAt('https://arm.test', { http }), signal);
    expect(services).toHaveLength(3);
    expect(tokens).toEqual([undefined, 't1', 't2']);
  });
});
