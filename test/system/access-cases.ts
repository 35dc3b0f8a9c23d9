/** What roles, PIM and deny assignments may look like, and what the three checks of data roles must say of it. */
import { deriveId } from '../../sandbox/estate.ts';
import type { AzureDocument, Json, JsonObject } from '../../sandbox/types.ts';
import { builtIn, type Changes, type Ward, type WardCase } from './wards.ts';

const W = 'Microsoft.HealthcareApis/workspaces/fhirservices/resources';
const writer = 'FHIR Data Writer';
const reader = 'FHIR Data Reader';

type Place = (ward: Ward) => string;
const service: Place = ({ fhir }) => fhir;
const workspace: Place = (ward) => ward.workspace;
const group: Place = (ward) => ward.group;
const subscription: Place = (ward) => ward.subscription;
const health: Place = () => '/providers/Microsoft.Management/managementGroups/mg-health';
const root: Place = () => '/';

function document(type: string, scope: string, properties: JsonObject): AzureDocument {
  const name = deriveId(type, scope, JSON.stringify(properties));
  const at = scope === '/' ? '' : scope;
  const id = `${at}/providers/Microsoft.Authorization/${type}/${name}`;
  return { id, name, type: `Microsoft.Authorization/${type}`, properties: { scope, ...properties } };
}

/** `x` holds `role` at `place`; `more` is put over the properties. */
function holds(ward: Ward, role: string, place: Place, more: JsonObject = {}, type = 'roleAssignments'): AzureDocument {
  const roleDefinitionId = role.startsWith('/') ? role : builtIn(role);
  return document(type, place(ward), { principalId: ward.id('x'), principalType: 'User', roleDefinitionId, ...more });
}
const mayActivate = (ward: Ward, role: string, place: Place, more: JsonObject = {}): AzureDocument =>
  holds(ward, role, place, { memberType: 'Direct', ...more }, 'roleEligibilityScheduleInstances');
const isActive = (ward: Ward, role: string, place: Place, more: JsonObject = {}): AzureDocument =>
  holds(ward, role, place, { assignmentType: 'Activated', ...more }, 'roleAssignmentScheduleInstances');
const listed = (ward: Ward, ...roles: readonly string[]): readonly JsonObject[] => [
  { id: ward.id('x'), name: 'X', ...(roles.length === 0 ? {} : { roles }) },
];

const cases: WardCase[] = [];
/** `wants` in the order scope, privilege, principals. */
function add(
  why: string,
  given: (ward: Ward) => Changes,
  wants: string,
  says: readonly (RegExp | string)[] = [],
  on: 'fhir' | 'dicom' | 'legacy' = 'fhir',
): void {
  const [scope = '', privilege = '', principals = ''] = wants.split(' / ');
  cases.push({
    why,
    on,
    given,
    wants: { 'data-role-scope': scope, 'data-role-privilege': privilege, 'data-role-principals': principals },
    says: (ward) => says.map((said) => (said === 'x' ? ward.id('x') : said)),
  });
}

const gone = /gone|deleted|does not exist/;
const nothing = 'pass / pass / pass';
const everything = 'fail high / fail high / fail high';
const activatable = 'fail medium / fail medium / fail medium';

for (const [place, words, writing, reading] of [
  [service, / at the service/, 'pass', 'pass'],
  [workspace, /workspace scope/, 'fail medium', 'fail low'],
  [group, /resource group scope/, 'fail medium', 'fail low'],
  [subscription, /subscription scope/, 'fail high', 'fail medium'],
] as const) {
  for (const role of [writer, 'FHIR Data Bulk Operator', 'FHIR Data Exporter', 'FHIR Data Contributor']) {
    const given = (ward: Ward) => ({ assignments: [holds(ward, role, place)] });
    add(`${role} of a stranger, ${words}`, given, `${writing} / fail high / fail high`, [words, role, 'x']);
  }
  for (const role of [reader, 'FHIR SMART User']) {
    const given = (ward: Ward) => ({ assignments: [holds(ward, role, place)] });
    add(`${role} of a stranger, ${words}`, given, `${reading} / pass / fail high`, [words, role, 'x']);
    const may = (ward: Ward) => ({ eligible: [mayActivate(ward, role, place)] });
    add(`${role} to be activated, ${words}`, may, `${reading} / pass / fail medium`, [/eligible/, 'x']);
  }
}
for (const role of ['FHIR Data Converter', 'DICOM Data Owner', 'Owner', 'Contributor']) {
  const given = (ward: Ward) => ({ assignments: [holds(ward, role, subscription)] });
  add(`${role} is no access to FHIR data`, given, nothing);
}
add(
  'an importer of the other product',
  (ward) => ({ assignments: [holds(ward, 'FHIR Data Importer', ({ legacy }) => legacy)] }),
  nothing,
  [],
  'legacy',
);
add(
  'a writer of API for FHIR',
  (ward) => ({ assignments: [holds(ward, writer, subscription)] }),
  everything,
  ['x'],
  'legacy',
);
for (const place of [health, root]) {
  const alone = { estate: (file: object) => file };
  const given = (ward: Ward) => ({ assignments: [holds(ward, reader, place)], listed: listed(ward), ...alone });
  add(`a reader over ${place({} as Ward)}`, given, 'fail medium / pass / pass', [/management group scope/]);
}
const elsewhere: Place = () => '/providers/Microsoft.Management/managementGroups/mg-elsewhere';
for (const [known, wants] of [
  [[{ id: 'mg-elsewhere' }], nothing],
  [[], everything],
] as const) {
  const given = (ward: Ward) => ({
    assignments: [holds(ward, writer, elsewhere)],
    estate: (file: object) =>
      known.length === 0
        ? { ...file, managementGroups: [] }
        : {
            ...file,
            managementGroups: [...(file as { managementGroups: readonly Json[] }).managementGroups, ...known],
          },
  });
  add(`a management group of ${known.length === 0 ? 'unknown place' : 'another branch'}`, given, wants);
}
for (const change of [
  (scope: string) => `${scope}-b`,
  (scope: string) => scope.slice(0, -1),
  (scope: string) => `${scope}/fhirservices/gone`,
]) {
  const given = (ward: Ward) => ({ assignments: [holds(ward, writer, () => change(ward.workspace))] });
  add(`beside or below: ${change('…/w')}`, given, nothing);
}
add(
  'a scope in another case',
  (ward) => ({ assignments: [holds(ward, reader, () => ward.group.toUpperCase())], listed: listed(ward) }),
  'fail low / pass / pass',
);
add(
  'widestScope overrules the table',
  (ward) => ({
    assignments: [holds(ward, writer, group)],
    listed: listed(ward, 'fhir data writer'),
    expect: { dataAccess: { widestScope: 'resourceGroup' } },
  }),
  nothing,
);

for (const entry of [writer, '3F88FCE4-5892-4214-AE73-BA5294559913', builtIn(writer)]) {
  const given = (ward: Ward) => ({ assignments: [holds(ward, writer, service)], listed: listed(ward, entry) });
  add(`listed with ${entry}`, given, nothing);
}
const unlisted = 'pass / fail high / pass';
add('listed without roles', (w) => ({ assignments: [holds(w, writer, service)], listed: listed(w) }), unlisted, ['x']);
add(
  'listed for another role',
  (ward) => ({ assignments: [holds(ward, writer, service)], listed: listed(ward, reader) }),
  'pass / fail high / fail high',
);
for (const principalType of ['Unknown', 'unknown']) {
  const orphan = (ward: Ward) => holds(ward, reader, service, { principalType });
  add('an orphan', (w) => ({ assignments: [orphan(w)] }), 'pass / pass / fail low', [gone, 'x']);
  add('a listed orphan', (w) => ({ assignments: [orphan(w)], listed: listed(w) }), 'pass / pass / fail low', [gone]);
}
add(
  'gone from the directory that the policy lets us ask',
  (ward) => ({
    assignments: [holds(ward, reader, service)],
    listed: listed(ward),
    estate: (file) => ({ ...file, policy: { ...(file as { policy: object }).policy, optIn: ['directory'] } }),
  }),
  'pass / pass / fail low',
  [gone],
);

/** A custom role of these permission objects, held by a listed principal. */
function custom(why: string, permissions: Json, wants: string, place: Place = group): void {
  add(
    `a role of ${why}`,
    (ward) => {
      const role = {
        ...document('roleDefinitions', ward.subscription, { roleName: 'Ward tool', type: 'CustomRole', permissions }),
      };
      return { roles: [role], assignments: [holds(ward, role.id, place)], listed: listed(ward) };
    },
    wants,
  );
}
const gives = (dataActions: Json, notDataActions: Json = []): JsonObject => ({
  actions: [],
  notActions: [],
  dataActions,
  notDataActions,
});
custom('*', [gives(['*'])], 'fail medium / fail high / pass');
custom('*/read', [gives(['*/read'])], 'fail low / pass / pass');
custom('a wildcard in the middle', [gives(['microsoft.healthcareapis/WORKSPACES/*/read'])], 'fail low / pass / pass');
custom('one write', [gives([`${W}/create/action`])], 'fail medium / pass / pass');
custom('hard*', [gives([`${W}/hard*`])], 'fail medium / fail high / pass');
custom('converting and validating', [gives([`${W}/convertData/action`, `${W}/resourceValidate/action`])], nothing);
custom(
  'all less all but read',
  [gives([`${W}/*`], [`${W}/*/ACTION`, `${W}/write`, `${W}/delete`])],
  'fail low / pass / pass',
);
custom(
  'two objects, of which one subtracts',
  [gives([`${W}/delete`]), gives([`${W}/read`], [`${W}/*`])],
  'fail medium / fail high / pass',
);
custom('the other product', [gives(['Microsoft.HealthcareApis/services/*'])], nothing);
custom('control actions alone', [{ ...gives([]), actions: ['*'] }], nothing);
custom('no list', 'all', 'unknown / unknown / unknown');

const held = (ward: Ward) => holds(ward, writer, subscription);
const open = (ward: Ward) => mayActivate(ward, writer, subscription);
add('PIM: eligible', (w) => ({ eligible: [open(w)] }), activatable, [/eligible/]);
add(
  'PIM: activated, without a link',
  (w) => ({ eligible: [open(w)], assignments: [held(w)], active: [isActive(w, writer, subscription)] }),
  activatable,
);
add(
  'PIM: activated, and the eligibility is not seen',
  (w) => ({
    assignments: [held(w)],
    active: [isActive(w, writer, subscription, { originRoleAssignmentId: held(w).id })],
  }),
  activatable,
);
add(
  'PIM: less was activated than may be',
  (w) => ({ eligible: [open(w)], assignments: [holds(w, writer, service)], active: [isActive(w, writer, service)] }),
  activatable,
);
add(
  'PIM: a standing assignment beside the eligibility',
  (w) => ({ eligible: [open(w)], assignments: [held(w)] }),
  everything,
);
add(
  'PIM: assigned for some time is assigned',
  (w) => ({ assignments: [held(w)], active: [isActive(w, writer, subscription, { assignmentType: 'Assigned' })] }),
  everything,
);
add(
  'PIM: somebody else activated',
  (w) => ({ assignments: [held(w)], active: [isActive(w, writer, subscription, { principalId: w.id('y') })] }),
  everything,
);

/** A deny assignment over the subscription, against a stranger who writes. */
function denied(why: string, denial: (ward: Ward) => JsonObject, wants: string, principalType = 'User'): void {
  add(
    `denied: ${why}`,
    (ward) => ({
      assignments: [holds(ward, writer, subscription, { principalType })],
      denials: [
        document('denyAssignments', ward.subscription, {
          doNotApplyToChildScopes: false,
          principals: [{ id: '00000000-0000-0000-0000-000000000000', type: 'SystemDefined' }],
          excludePrincipals: [],
          permissions: [gives(['*'])],
          ...denial(ward),
        }),
      ],
    }),
    wants,
  );
}
const spared = (type: string) => (ward: Ward) => ({ excludePrincipals: [{ id: ward.id('other'), type }] });
denied('everyone', () => ({}), nothing);
denied('the principal', (ward) => ({ principals: [{ id: ward.id('x').toUpperCase(), type: 'User' }] }), nothing);
denied('a group it may not belong to', (w) => ({ principals: [{ id: w.id('other'), type: 'Group' }] }), everything);
denied('all but another user', spared('User'), nothing);
denied('all but a group it may belong to', spared('Group'), everything);
denied('a group that may contain who is spared', spared('User'), everything, 'Group');
denied('not below its scope', () => ({ doNotApplyToChildScopes: true }), everything);
denied('under a condition', () => ({ condition: '@x', conditionVersion: '2.0' }), everything);
denied('deleting alone', () => ({ permissions: [gives(['*/delete'])] }), everything);
denied('all but reading', () => ({ permissions: [gives(['*'], ['*/read'])] }), 'fail medium / pass / fail high');

const lostRole = (ward: Ward) =>
  `${ward.subscription}/providers/Microsoft.Authorization/roleDefinitions/${deriveId('lost')}`;
const unread = 'unknown / unknown / unknown';
add('a role that cannot be read', (w) => ({ assignments: [holds(w, lostRole(w), service)] }), unread);
add('it stands beside a stranger', (w) => ({ assignments: [holds(w, lostRole(w), service), held(w)] }), everything);
add('a row without a principal', (w) => ({ assignments: [holds(w, reader, service, { principalId: null })] }), unread);
add(
  'it stands beside a stranger, too',
  (w) => ({ assignments: [holds(w, reader, service, { principalId: null }), held(w)] }),
  everything,
  ['x'],
);
add(
  'a condition does not narrow',
  (w) => ({ assignments: [holds(w, writer, subscription, { condition: '@x' })] }),
  everything,
  [/condition/],
);

function faulty(why: string, faults: readonly JsonObject[], good: string, bad: string): void {
  const estate = (file: object) => ({ ...file, faults });
  add(`${why}, in order`, () => ({ estate }), good);
  add(`${why}, with a stranger`, (w) => ({ assignments: [held(w)], estate }), bad);
}
const refused = (match: string, more: JsonObject = {}, target = 'resource-manager'): JsonObject => ({
  target,
  match,
  kind: 'status',
  status: 403,
  ...more,
});
const noLicence = { status: 400, body: { error: { code: 'AadPremiumLicenseRequired' } } };
faulty('assignments refused, the right confirmed', [refused('roleAssignments\\?')], nothing, everything);
faulty(
  'assignments refused, and the permissions',
  [refused('roleAssignments\\?'), refused('/permissions')],
  unread,
  unread,
);
for (const name of ['roleAssignments\\?', '[a-z]+Assignments', 'role[a-z]+Instances', '']) {
  const alone = refused(`^GET /subscriptions/[^/]+/providers/Microsoft.Authorization/${name}`);
  faulty(
    `the subscription's Microsoft.Authorization/${name} refused, not the service's own`,
    [alone],
    nothing,
    everything,
  );
}
faulty('eligibilities refused', [refused('roleEligibility')], unread, everything);
faulty('active instances refused', [refused('roleAssignmentSchedule')], unread, everything);
faulty('a tenant without PIM', [refused('ScheduleInstances', noLicence)], nothing, everything);

/** What the monitor may not read, beside a stranger who writes at the whole subscription or at the service. */
for (const [at, type, place, wants] of [
  [subscription, '/roleAssignments', subscription, unread],
  [subscription, '', subscription, unread],
  [subscription, '/roleEligibilityScheduleInstances', service, 'unknown / fail high / fail high'],
  [service, '', service, 'pass / fail high / fail high'],
] as const) {
  add(
    `Microsoft.Authorization${type} out of reach at ${at({ subscription: 'the subscription', fhir: 'the service' } as Ward)}`,
    (w) => ({
      assignments: [holds(w, writer, place)],
      estate: (file) => ({
        ...file,
        monitor: {
          ...(file as { monitor: object }).monitor,
          unreadable: [`${at(w)}/providers/Microsoft.Authorization${type}`],
        },
      }),
    }),
    wants,
  );
}

export const accessCases: readonly WardCase[] = cases;
