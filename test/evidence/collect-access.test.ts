import { describe, expect, it } from 'vitest';
import {
  clinic,
  fhir,
  fhirRow,
  GET,
  gather,
  hub,
  row,
  sub,
  subscriptionRow,
  workspace,
  workspaceRow,
} from './collect-fixture.ts';

const subscription = `/subscriptions/${sub}`;
const authorization = `${subscription}/providers/Microsoft.Authorization`;
const listOf = (name: string): string => GET(`${authorization}/${name}`);
const permissions = GET(`${subscription}/resourceGroups/rg/providers/Microsoft.Authorization/permissions`);
const role = '3f88fce4-5892-4214-ae73-ba5294559913';
const roleId = `${authorization}/roleDefinitions/${role}`;

function grant(scope: string, more: object = {}, name = 'a'): object {
  const prefix = scope === '/' ? '' : scope;
  return row(`${prefix}/providers/Microsoft.Authorization/roleAssignments/${name}`, {
    scope,
    principalId: 'P1',
    principalType: 'User',
    roleDefinitionId: roleId,
    condition: null,
    ...more,
  });
}

const value = (...rows: unknown[]) => ({ value: rows });
const may = (...actions: string[]) => value({ actions, notActions: [], dataActions: [], notDataActions: [] });

describe('role assignments', () => {
  const scopes = [
    '/',
    '/providers/Microsoft.Management/managementGroups/root',
    subscription,
    `${subscription}/resourceGroups/RG`,
    workspace,
    fhir.toUpperCase(),
    `${fhir}/below/it`,
    `${workspace}/fhirservices/eh`,
    `${subscription}/resourceGroups/other`,
  ];
  const rows = scopes.map((scope, index) => grant(scope, {}, `n${index}`));

  it('are those at and above each service, from one list of the subscription', async () => {
    const { of, asked } = await gather(
      clinic({ routes: { [listOf('roleAssignments')]: value(...rows) } }),
      'roleAssignments',
    );
    const ehr = of(fhir);
    expect(ehr?.ok && ehr.value.map(({ scope }) => scope)).toEqual(scopes.slice(0, 6));
    expect(ehr).toMatchObject({ direct: true, value: expect.arrayContaining([{ ...grantValue(), scope: '/' }]) });
    const ws = of(workspace);
    expect(ws?.ok && ws.value.map(({ scope }) => scope)).toEqual(scopes.slice(0, 5));
    expect(asked).toEqual([listOf('roleAssignments')]);
  });

  const grantValue = () => ({
    id: expect.any(String),
    principalId: 'P1',
    principalType: 'User',
    roleDefinitionId: roleId,
  });

  it('know their scope by their id where the row leaves it out', async () => {
    const routes = { [listOf('roleAssignments')]: value(grant(workspace, { scope: undefined })) };
    const { of } = await gather(clinic({ routes }), 'roleAssignments');
    expect(of(fhir)).toMatchObject({ ok: true, value: [{ scope: workspace }] });
  });

  it('are incomplete where a row that may matter is not understood, and only there', async () => {
    const beside = `${workspace}/dicomservices/d`;
    const routes = { [listOf('roleAssignments')]: value(grant(beside, { principalId: 5 }), grant(workspace)) };
    const graph = { healthcare: [workspaceRow, fhirRow, row(beside, {})] };
    const { of } = await gather(clinic({ routes, graph }), 'roleAssignments');
    const incomplete = { reason: 'malformed', detail: expect.stringContaining('principalId') };
    expect(of(beside)).toMatchObject({ ok: true, value: [{ scope: workspace }], incomplete });
    expect(of(fhir)).toMatchObject({ ok: true, value: [{}] });
    expect(of(fhir)).not.toHaveProperty('incomplete');
    for (const odd of [null, {}, 'x', { id: 'x', properties: null }]) {
      const lost = await gather(clinic({ routes: { [listOf('roleAssignments')]: value(odd) } }), 'roleAssignments');
      expect(lost.of(fhir)).toMatchObject({ value: [], incomplete: { reason: 'malformed' } });
    }
  });

  it.each([{}, { value: null }, { value: {} }, { value: [], error: { code: 'x' } }])(
    'are malformed, not nobody, where the answer is %j',
    async (answer) => {
      const routes = { [listOf('roleAssignments')]: answer };
      expect((await gather(clinic({ routes }), 'roleAssignments')).of(fhir)).toMatchObject({
        ok: false,
        reason: 'malformed',
      });
    },
  );

  it.each(['https://evil.example/x', 'http://arm.test/x', 5])(
    'are malformed where the next page is at %j',
    async (nextLink) => {
      const routes = { [listOf('roleAssignments')]: { value: [], nextLink } };
      expect((await gather(clinic({ routes }), 'roleAssignments')).of(fhir)).toMatchObject({
        ok: false,
        reason: 'malformed',
      });
    },
  );

  it('are malformed where the pages turn in a circle', async () => {
    const nextLink = `https://arm.test${authorization}/roleAssignments?page=2`;
    const { of, asked } = await gather(
      clinic({ routes: { [listOf('roleAssignments')]: { value: [], nextLink } } }),
      'roleAssignments',
    );
    expect(of(fhir)).toMatchObject({ ok: false, reason: 'malformed', detail: expect.stringMatching(/circle/) });
    expect(asked.filter((one) => one === listOf('roleAssignments'))).toHaveLength(3);
  });
});

describe('role assignments that Resource Manager does not list', () => {
  const refused = { [listOf('roleAssignments')]: 503 };
  const graph = { roles: [grant(workspace), grant('/providers/Microsoft.Management/managementGroups/Root')] };

  it("come from Resource Graph where the monitor's right to read them is confirmed", async () => {
    const routes = { ...refused, [permissions]: may('*/read') };
    const { of, queries } = await gather(clinic({ routes, graph }), 'roleAssignments');
    expect(of(fhir)).toMatchObject({
      ok: true,
      direct: false,
      unconfirmed: { reason: 'unreachable' },
      value: [{}, {}],
    });
    expect(queries).toMatchObject([
      { subscriptions: [sub], options: { authorizationScopeFilter: 'AtScopeAboveAndBelow' } },
    ]);
  });

  it.each([
    ['the right is not there', may('Microsoft.HealthcareApis/*/read')],
    ['the right is taken away', value({ actions: ['*'], notActions: ['Microsoft.Authorization/*'] })],
    ['nobody says', 403],
    ['nobody says anything understandable', value({ actions: 'all' })],
    ['there are no permissions', value()],
  ])('stay unknown where %s', async (_, answer) => {
    const { of, queries } = await gather(
      clinic({ routes: { ...refused, [permissions]: answer }, graph }),
      'roleAssignments',
    );
    expect(of(fhir)).toMatchObject({ ok: false, reason: 'unreachable' });
    expect(queries).toEqual([]);
  });

  it('are forbidden where the token is refused', async () => {
    const { of } = await gather(clinic({ routes: { [listOf('roleAssignments')]: 401 } }), 'roleAssignments');
    expect(of(fhir)).toMatchObject({ ok: false, reason: 'forbidden', detail: expect.stringMatching(/HTTP 401/) });
  });

  it('stay unknown where Resource Graph fails too', async () => {
    const routes = { ...refused, [permissions]: may('*/read') };
    const { of } = await gather(clinic({ routes, graph: { roles: 429 } }), 'roleAssignments');
    expect(of(fhir)).toMatchObject({ ok: false, reason: 'unreachable' });
  });

  it('leave out management groups that are known to be elsewhere, and only those', async () => {
    const routes = { ...refused, [permissions]: may('*/read') };
    const elsewhere = [grant('/providers/Microsoft.Management/managementGroups/elsewhere'), grant('/')];
    const known = await gather(clinic({ routes, graph: { roles: elsewhere } }), 'roleAssignments');
    expect(known.of(fhir)).toMatchObject({ ok: true, value: [{ scope: '/' }] });
    const subscriptions = [{ id: `/subscriptions/${sub}`, properties: {} }, subscriptionRow(hub)];
    const unknown = await gather(clinic({ routes, graph: { roles: elsewhere, subscriptions } }), 'roleAssignments');
    expect(unknown.of(fhir)).toMatchObject({ ok: true, value: [{}, {}] });
  });
});

describe('a monitor that may read the service but not its subscription', () => {
  const kinds = [
    ['roleAssignments', 'roleAssignments'],
    ['eligibleRoles', 'roleEligibilityScheduleInstances'],
    ['activeRoles', 'roleAssignmentScheduleInstances'],
  ] as const;
  const ownList = (name: string): string => GET(`${fhir}/providers/Microsoft.Authorization/${name}`);

  it.each(kinds)("gets %s from the service's own id, which tells what it inherits", async (kind, name) => {
    const routes = { [listOf(name)]: 403, [ownList(name)]: value(grant('/'), grant(subscription), grant(fhir)) };
    const { of } = await gather(clinic({ routes }), kind);
    expect(of(fhir)).toMatchObject({ ok: true, direct: true, value: [{}, {}, {}] });
    expect(of(fhir)).not.toHaveProperty('unconfirmed');
    // its workspace, which answers 404, has no share in it
    expect(of(workspace)).toMatchObject({ ok: false, reason: 'forbidden' });
  });

  it('gets deny assignments there, too', async () => {
    const denial = row(`${fhir}/providers/Microsoft.Authorization/denyAssignments/d`, {
      doNotApplyToChildScopes: false,
    });
    const routes = { [listOf('denyAssignments')]: 403, [ownList('denyAssignments')]: value(denial) };
    expect((await gather(clinic({ routes }), 'denyAssignments')).of(fhir)).toMatchObject({ value: [{ scope: fhir }] });
  });

  it('knows a tenant without the licence for PIM there, too', async () => {
    const name = 'roleEligibilityScheduleInstances';
    const unlicensed = { status: 400, body: { error: { code: 'AadPremiumLicenseRequired' } } };
    const routes = { [listOf(name)]: 403, [ownList(name)]: unlicensed };
    expect((await gather(clinic({ routes }), 'eligibleRoles')).of(fhir)).toMatchObject({ ok: true, value: [] });
  });

  it.each([403, 500])('is not helped by %j there, and nothing else but a refusal asks there', async (status) => {
    const routes = { [listOf('roleAssignments')]: 403, [ownList('roleAssignments')]: status };
    const { of } = await gather(clinic({ routes }), 'roleAssignments');
    expect(of(fhir)).toMatchObject({ ok: false, reason: 'forbidden' });
    const lost = await gather(clinic({ routes: { [listOf('roleAssignments')]: 503 } }), 'roleAssignments');
    expect(lost.asked).not.toContain(ownList('roleAssignments'));
  });
});

describe('eligible and active roles', () => {
  const instance = (scope: string, more: object = {}) =>
    row(`${scope}/providers/Microsoft.Authorization/roleEligibilityScheduleInstances/i`, {
      scope,
      principalId: 'P1',
      principalType: 'Group',
      roleDefinitionId: roleId,
      memberType: 'Direct',
      ...more,
    });

  it('are those at and above each service, with what ties them together', async () => {
    const eligible = instance(workspace, { roleEligibilityScheduleId: 'schedule' });
    const active = instance(subscription, {
      assignmentType: 'Activated',
      originRoleAssignmentId: 'assignment',
      linkedRoleEligibilityScheduleId: 'schedule',
      linkedRoleEligibilityScheduleInstanceId: 'instance',
    });
    const routes = {
      [listOf('roleEligibilityScheduleInstances')]: value(eligible, instance(`${subscription}/resourceGroups/x`)),
      [listOf('roleAssignmentScheduleInstances')]: value(active),
    };
    expect((await gather(clinic({ routes }), 'eligibleRoles')).of(fhir)).toMatchObject({
      ok: true,
      value: [{ scope: workspace, scheduleId: 'schedule', memberType: 'Direct', principalType: 'Group' }],
    });
    expect((await gather(clinic({ routes }), 'activeRoles')).of(fhir)).toMatchObject({
      ok: true,
      value: [
        {
          assignmentType: 'Activated',
          roleAssignmentId: 'assignment',
          linkedScheduleId: 'schedule',
          linkedInstanceId: 'instance',
        },
      ],
    });
  });

  it('are none in a tenant without the licence for PIM, and unknown for any other error', async () => {
    const route = listOf('roleEligibilityScheduleInstances');
    const error = (code: string) => ({ status: 400, body: { error: { code } } });
    const free = await gather(clinic({ routes: { [route]: error('AadPremiumLicenseRequired') } }), 'eligibleRoles');
    expect(free.of(fhir)).toMatchObject({ ok: true, value: [] });
    const other = await gather(clinic({ routes: { [route]: error('BadRequest') } }), 'eligibleRoles');
    expect(other.of(fhir)).toMatchObject({ ok: false, reason: 'malformed' });
    const assignments = { [listOf('roleAssignments')]: error('AadPremiumLicenseRequired') };
    expect((await gather(clinic({ routes: assignments }), 'roleAssignments')).of(fhir)).toMatchObject({ ok: false });
  });
});

describe('deny assignments', () => {
  const denial = (more: object = {}) =>
    row(`${workspace}/providers/Microsoft.Authorization/denyAssignments/d`, {
      denyAssignmentName: 'no',
      scope: workspace,
      doNotApplyToChildScopes: false,
      permissions: [{ actions: [], notActions: [], dataActions: ['*'], notDataActions: null, condition: 'c' }],
      principals: [{ id: 'P1', type: 'User' }],
      excludePrincipals: [{ id: 'P2' }],
      denyAssignmentEffect: 'audit',
      ...more,
    });
  const read = async (row: object) =>
    (await gather(clinic({ routes: { [listOf('denyAssignments')]: value(row) } }), 'denyAssignments')).of(fhir);

  it('come with all that narrows them', async () => {
    expect(await read(denial())).toMatchObject({
      ok: true,
      value: [
        {
          name: 'no',
          scope: workspace,
          doNotApplyToChildScopes: false,
          permissions: [{ dataActions: ['*'], notDataActions: [], condition: 'c' }],
          principals: [{ id: 'P1', type: 'User' }],
          excludePrincipals: [{ id: 'P2' }],
          effect: 'audit',
        },
      ],
    });
  });

  it('reach no child where that is not said', async () => {
    const gathered = await read(denial({ doNotApplyToChildScopes: undefined }));
    expect(gathered).toMatchObject({ ok: true, value: [{ doNotApplyToChildScopes: true }] });
  });

  it.each([
    { excludePrincipals: 'P2' },
    { excludePrincipals: [{}] },
    { permissions: 'all' },
    { permissions: [{ notDataActions: [5] }] },
    { permissions: [{ condition: { a: 1 } }] },
    { condition: 7 },
  ])('take nothing away where what narrows them is not understood: %j', async (more) => {
    expect(await read(denial(more))).toMatchObject({ ok: true, value: [], incomplete: { reason: 'malformed' } });
  });
});

describe('role definitions', () => {
  const definition = row(roleId.toUpperCase(), {
    roleName: 'FHIR Data Writer',
    permissions: [{ actions: [], notActions: [], dataActions: ['x/read'], notDataActions: [] }],
  });
  const unused = row(`${authorization}/roleDefinitions/other`, { roleName: 'Unused', permissions: [] });
  const assignments = { [listOf('roleAssignments')]: value(grant(workspace)) };

  it('are those that are referred to, by guid', async () => {
    const routes = { ...assignments, [listOf('roleDefinitions')]: value(unused, definition) };
    const { of } = await gather(clinic({ routes }), 'roleDefinitions');
    const gathered = of(fhir);
    expect(gathered?.ok && Object.keys(gathered.value)).toEqual([role]);
    expect(gathered).toMatchObject({ value: { [role]: { ok: true, value: { roleName: 'FHIR Data Writer' } } } });
  });

  it('are read by id where the list lacks them, and a failure each where they cannot be read', async () => {
    for (const list of [value(unused), 503]) {
      const routes = { ...assignments, [listOf('roleDefinitions')]: list, [`GET ${roleId.toLowerCase()}`]: definition };
      const found = (await gather(clinic({ routes }), 'roleDefinitions')).of(fhir);
      expect(found).toMatchObject({ ok: true, value: { [role]: { ok: true } } });
    }
    const lost = (
      await gather(clinic({ routes: { ...assignments, [listOf('roleDefinitions')]: value() } }), 'roleDefinitions')
    ).of(fhir);
    expect(lost).toMatchObject({ ok: true, value: { [role]: { ok: false, reason: 'not-found' } } });
  });

  it.each([{ roleName: 'x', permissions: 'all' }, { roleName: 'x', permissions: [{ dataActions: [1] }] }, null])(
    'that are not understood are failures: %j',
    async (properties) => {
      const odd = row(roleId, properties);
      const routes = { ...assignments, [listOf('roleDefinitions')]: value(odd), [`GET ${roleId.toLowerCase()}`]: odd };
      expect((await gather(clinic({ routes }), 'roleDefinitions')).of(fhir)).toMatchObject({
        ok: true,
        value: { [role]: { ok: false, reason: 'malformed' } },
      });
    },
  );

  it('are read at the service where their own scope is refused, and stay refused where that is no help', async () => {
    const near = GET(`${fhir}/providers/Microsoft.Authorization/roleDefinitions/${role}`);
    const refused = { ...assignments, [listOf('roleDefinitions')]: 403, [`GET ${roleId.toLowerCase()}`]: 403 };
    const known = await gather(clinic({ routes: { ...refused, [near]: definition } }), 'roleDefinitions');
    expect(known.of(fhir)).toMatchObject({ value: { [role]: { ok: true, value: { roleName: 'FHIR Data Writer' } } } });
    for (const answer of [403, 404, unused]) {
      const lost = await gather(clinic({ routes: { ...refused, [near]: answer } }), 'roleDefinitions');
      expect(lost.of(fhir)).toMatchObject({ value: { [role]: { ok: false, reason: 'forbidden' } } });
    }
  });

  it('survive a role that is called __proto__', async () => {
    const hostile = grant(workspace, { roleDefinitionId: `${authorization}/roleDefinitions/__proto__` });
    const routes = { [listOf('roleAssignments')]: value(hostile), [listOf('roleDefinitions')]: value() };
    const gathered = (await gather(clinic({ routes }), 'roleDefinitions')).of(fhir);
    expect(gathered?.ok && Object.hasOwn(gathered.value, '__proto__')).toBe(true);
  });
});

describe('the directory', () => {
  const [user, group, gone, device, foreign] = ['a', 'b', 'c', 'd', 'e'].map(
    (one) => `${one.repeat(8)}-0000-0000-0000-000000000000`,
  );
  const holders = [user, group, gone, device, 'not-a-guid'].map((principalId, index) =>
    grant(workspace, { principalId }, `n${index}`),
  );
  const guest = grant(workspace, { principalId: foreign, principalType: 'ForeignGroup' });
  const assignments = { [listOf('roleAssignments')]: value(...holders, guest) };
  const ask = 'POST /v1.0/directoryobjects/getbyids';
  const optIn = new Set(['directory']);

  it('is not asked unless the policy opts in', async () => {
    const { of, asked } = await gather(clinic({ routes: assignments }), 'directory');
    expect(of(fhir)).toMatchObject({ ok: true, value: { asked: false } });
    expect(asked).toEqual([]);
  });

  it('says what principals are, and which are gone', async () => {
    const known = value(
      { '@odata.type': '#microsoft.graph.user', id: user?.toUpperCase() },
      { '@odata.type': '#microsoft.graph.group', id: group },
      { '@odata.type': '#microsoft.graph.device', id: device },
    );
    const { of } = await gather(clinic({ routes: { ...assignments, [ask]: known } }), 'directory', { optIn });
    expect(of(fhir)).toMatchObject({ ok: true });
    const gathered = of(fhir);
    expect(gathered?.ok && gathered.value).toEqual({
      asked: true,
      principals: { [`${user}`]: 'User', [`${group}`]: 'Group', [`${gone}`]: 'gone' },
    });
  });

  it.each([403, { value: [], error: { code: 'x' } }, { value: [], '@odata.nextLink': 'https://x' }, {}])(
    'says nothing where it answers %j',
    async (reply) => {
      const { of } = await gather(clinic({ routes: { ...assignments, [ask]: reply } }), 'directory', { optIn });
      expect(of(fhir)).toMatchObject({ ok: false });
    },
  );
});
