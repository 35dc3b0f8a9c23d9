import fc from 'fast-check';
import type {
  AuditFailureRow,
  DenyAssignment,
  DiagnosticSetting,
  Directory,
  DnsAnswers,
  EndpointConnection,
  Evidence,
  EvidenceByKind,
  EvidenceKind,
  Gathered,
  PathOutcome,
  PrivateEndpoint,
  PrivatePath,
  PrivateZone,
  PublicPath,
  Reason,
  ResourceDocument,
  RoleAssignment,
  RoleDefinition,
  ScheduleInstance,
  ServiceKind,
  Traffic,
} from '../src/model.ts';
import { aService, lost, NOW, OTHER_SUBSCRIPTION, SUBSCRIPTION } from './builders.ts';
import {
  builtIns,
  customRole,
  groupScope,
  guidOf,
  managementGroupScope,
  permission,
  person,
  subscriptionScope,
  workspaceScope,
} from './role-builders.ts';

/** Random evidence of every kind: well-typed where collectors validate, hostile where fields are `unknown`. */

const REASONS: readonly Reason[] = ['forbidden', 'not-found', 'throttled', 'unreachable', 'malformed', 'no-vantage'];

const hostileText = fc.constantFrom('', '__proto__', 'constructor', 'x'.repeat(2000), '\u0000\u202e', '/', '*', 'ö');
const anything = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant(undefined), hostileText);

const among = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
/** Mostly what is in order, so that passes are met too. */
const mostly = <T>(usual: T, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });
const few = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { maxLength: 4 });
const apart = <T>(one: fc.Arbitrary<T>, selector: (value: T) => string): fc.Arbitrary<T[]> =>
  fc.uniqueArray(one, { maxLength: 4, selector });
/** A record whose optional fields may be absent, as `exactOptionalPropertyTypes` means it. */
const some = <T extends object>(fields: { [K in keyof T]-?: fc.Arbitrary<T[K]> }, ...required: (keyof T)[]) =>
  fc.record(fields, { requiredKeys: required as never }) as unknown as fc.Arbitrary<T>;

function gathered<T>(value: fc.Arbitrary<T>): fc.Arbitrary<Gathered<T>> {
  const sources = fc.constant([{ source: 'random', at: NOW }]);
  const arrived = fc.record({ ok: fc.constant(true as const), value, sources, direct: fc.boolean() });
  const missed = fc.record({
    ok: fc.constant(false as const),
    reason: among(...REASONS),
    detail: hostileText,
    sources,
  });
  return fc.oneof({ weight: 9, arbitrary: arrived }, { weight: 1, arbitrary: missed });
}

const networkIds = [SUBSCRIPTION, OTHER_SUBSCRIPTION].map(
  (subscription) => `/subscriptions/${subscription}/resourceGroups/net/providers/Microsoft.Network`,
);
const address = mostly('10.0.0.4', among('10.0.0.5', '203.0.113.7', 'fd00::4', 'nonsense'));
const zoneName = among(
  'privatelink.azurehealthcareapis.com',
  'privatelink.fhir.azurehealthcareapis.com',
  'fhir.azurehealthcareapis.com',
);
const hostName = among(
  'wards-ehr.fhir.azurehealthcareapis.com',
  'wards-pacs.dicom.azurehealthcareapis.com',
  'wards.workspace.azurehealthcareapis.com',
  'praxis.azurehealthcareapis.com',
);
const state = mostly<unknown>('Approved', fc.oneof(among('approved', 'Pending', 'Rejected', 'Disconnected'), anything));

function aRandomDocument(kind: ServiceKind): fc.Arbitrary<ResourceDocument> {
  const { id, name } = aService(kind);
  const properties = some<Record<string, unknown>>({
    publicNetworkAccess: fc.oneof(among('Enabled', 'Disabled', 'disabled'), anything),
    privateEndpointConnections: anything,
    provisioningState: anything,
    authenticationConfiguration: anything,
    accessPolicies: anything,
  });
  return fc.record({
    id: fc.constant(id),
    type: fc.constant(kind),
    name: fc.constant(name),
    properties,
    kind: mostly<unknown>('fhir-R4', fc.oneof(among('fhir', 'fhir-Stu3', 'FHIR-r4'), anything)),
    tags: anything,
  });
}

const endpoint = (serviceId: string): fc.Arbitrary<PrivateEndpoint> =>
  some<PrivateEndpoint>(
    {
      id: among(...networkIds.map((id) => `${id}/privateEndpoints/pe`)),
      location: hostileText,
      provisioningState: mostly<unknown>('Succeeded', fc.oneof(among('Failed', 'Deleting'), anything)),
      networkId: among(...networkIds.map((id) => `${id}/virtualNetworks/vnet`)),
      connections: few(
        fc.record({
          serviceId: mostly(serviceId, among(serviceId.toUpperCase(), '/x')),
          status: state,
          manual: fc.boolean(),
        }),
      ),
      customDnsConfigs: few(fc.record({ fqdn: hostName, addresses: few(address) })),
      addresses: gathered(few(fc.record({ address, fqdns: few(hostName) }))),
      zoneGroups: gathered(
        few(
          fc.record({
            id: hostileText,
            zones: few(
              fc.record({
                zoneId: zoneName.map((name) => `${networkIds[0]}/privateDnsZones/${name}`),
                recordSets: few(fc.record({ type: among('A', 'AAAA'), fqdn: hostName, addresses: few(address) })),
              }),
            ),
          }),
        ),
      ),
    },
    'id',
    'connections',
    'customDnsConfigs',
    'addresses',
    'zoneGroups',
  );

const connection = (serviceId: string): fc.Arbitrary<EndpointConnection> =>
  some<EndpointConnection>({
    id: hostileText as fc.Arbitrary<string | undefined>,
    status: state,
    provisioningState: mostly<unknown>('Succeeded', fc.oneof(among('Failed', 'Deleting'), anything)),
    endpointId: among<string | undefined>(...networkIds.map((id) => `${id}/privateEndpoints/pe`)),
    endpoint: gathered(endpoint(serviceId)) as fc.Arbitrary<Gathered<PrivateEndpoint> | undefined>,
  } as never);

const zone: fc.Arbitrary<PrivateZone> = fc.record({
  id: zoneName.map((name) => `${networkIds[0]}/privateDnsZones/${name}`),
  name: zoneName,
  links: gathered(
    few(
      fc.record({
        id: hostileText,
        networkId: among(...networkIds.map((id) => `${id}/virtualNetworks/vnet`)),
        state: fc.oneof(among('Completed', 'InProgress'), anything),
        registrationEnabled: anything,
        resolutionPolicy: fc.oneof(among('Default', 'NxDomainRedirect'), anything),
      }),
    ),
  ),
  records: gathered(
    few(
      fc.record({
        type: among('A' as const, 'AAAA' as const, 'CNAME' as const),
        name: among('wards-ehr.fhir', 'wards-ehr', 'praxis', '*', '@'),
        values: few(address),
      }),
    ),
  ),
});

const dnsAnswers: fc.Arbitrary<DnsAnswers> = fc.record({
  vantage: fc.record({ networkId: fc.constant(`${networkIds[0]}/virtualNetworks/vnet`), servers: few(address) }),
  hosts: apart(
    hostName.chain((host) =>
      fc.record({
        host: fc.constant(host),
        answer: gathered(
          fc.record({
            host: fc.constant(host),
            server: address,
            rcode: among('NOERROR' as const, 'NXDOMAIN' as const),
            chain: few(
              among(
                'wards-ehr.privatelink.fhir.azurehealthcareapis.com',
                'praxis.privatelink.azurehealthcareapis.com',
                'edge.example',
              ),
            ),
            addresses: few(address).map((all) => all.sort()),
          }),
        ),
      }),
    ),
    (one) => one.host,
  ),
});

const certificateEnds = mostly(
  '2027-06-01T00:00:00.000Z',
  among('2026-11-30T00:00:00.000Z', '2020-01-01T00:00:00.000Z'),
);
const outcome: fc.Arbitrary<PathOutcome> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ is: among('no-address' as const, 'refused' as const, 'timed-out' as const) }) },
  fc.record({ is: fc.constant('no-tls' as const), problem: among('EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER') }),
  fc.record({ is: fc.constant('untrusted' as const), problem: among('CERT_HAS_EXPIRED'), certificateEnds }),
  {
    weight: 8,
    arbitrary: some<Extract<PathOutcome, { readonly is: 'answered' }>>(
      {
        is: fc.constant('answered' as const),
        status: mostly(200, among(301, 401, 403, 404, 500, 503)),
        edgeDenied: mostly<boolean>(false, fc.boolean()),
        html: mostly<boolean>(false, fc.boolean()),
        capabilityStatement: mostly<boolean>(true, fc.boolean()),
        fhirVersion: mostly('4.0.1', among('3.0.1', '5.0.0')),
        redirectHost: mostly<string | undefined>(undefined, hostileText) as fc.Arbitrary<string>,
        certificateEnds,
      },
      'is',
      'status',
      'edgeDenied',
      'html',
      'capabilityStatement',
    ),
  },
);

const privatePath: fc.Arbitrary<PrivatePath> = fc.record({
  url: hostName.map((host) => `https://${host}/metadata`),
  networkId: fc.constant(`${networkIds[0]}/virtualNetworks/vnet`),
  dns: fc.record({
    host: hostName,
    server: address,
    rcode: among('NOERROR' as const, 'NXDOMAIN' as const),
    chain: few(among('praxis.privatelink.azurehealthcareapis.com', 'fhir-x.trafficmanager.net')),
    addresses: few(address),
  }),
  address,
  outcome,
});

const publicPath: fc.Arbitrary<PublicPath> = fc.record({
  host: hostName,
  results: apart(
    fc.record({
      location: among('West Europe', 'East US', '__proto__'),
      at: fc.constant(NOW),
      outcome: mostly<number | 'no-connection' | 'unreadable'>(
        403,
        among<number | 'no-connection' | 'unreadable'>(200, 401, 503, 'no-connection', 'unreadable'),
      ),
    }),
    (one) => one.location,
  ),
});

const roles: readonly RoleDefinition[] = [
  ...builtIns,
  customRole([permission(['*'], ['*/read'])], 1),
  customRole([permission(['*/read']), permission(['*delete*'])], 2, 'FHIR Data Reader'),
];
const role = among(...roles.map((one) => one.id), '/x/roleDefinitions/unheard-of', '__proto__');
const principal = among(person(1), person(2), person(3).toUpperCase(), '__proto__');
const principalType = among('User', 'Group', 'ServicePrincipal', 'Unknown', 'ForeignGroup');
const scopeAbove = (serviceId: string): fc.Arbitrary<string> =>
  among(
    serviceId,
    serviceId.toUpperCase(),
    workspaceScope,
    groupScope,
    subscriptionScope,
    managementGroupScope,
    '/',
    `${serviceId}x`,
  );

const roleRow = (serviceId: string) => ({
  id: among('/a/roleAssignments/1', '/a/roleAssignments/2', '/a/roleAssignments/3'),
  scope: scopeAbove(serviceId),
  principalId: principal,
  principalType,
  roleDefinitionId: role,
  condition: hostileText,
});
const ALWAYS = ['id', 'scope', 'principalId', 'roleDefinitionId'] as const;

const assignment = (serviceId: string): fc.Arbitrary<RoleAssignment> =>
  some<RoleAssignment>(roleRow(serviceId) as never, ...ALWAYS);
const instance = (serviceId: string): fc.Arbitrary<ScheduleInstance> =>
  some<ScheduleInstance>(
    {
      ...roleRow(serviceId),
      assignmentType: among('Activated', 'Assigned'),
      roleAssignmentId: among('/a/roleAssignments/1', '/a/roleAssignments/9'),
      memberType: among('Direct', 'Inherited', 'Group'),
      scheduleId: among('s1', 's2'),
      linkedScheduleId: among('s1', 's9'),
      linkedInstanceId: among('1', '9'),
    } as never,
    ...ALWAYS,
  );

const denied = some<{ id: string; type?: string }>(
  { id: among(person(1), person(2), '00000000-0000-0000-0000-000000000000'), type: principalType } as never,
  'id',
);
const denial = (serviceId: string): fc.Arbitrary<DenyAssignment> =>
  fc.record({
    id: hostileText,
    scope: scopeAbove(serviceId),
    doNotApplyToChildScopes: fc.boolean(),
    permissions: few(among(permission(['*']), permission(['*/delete']), permission(['*'], ['*/read']))),
    principals: few(denied),
    excludePrincipals: few(denied),
  });

const roleDefinitions = fc
  .array(gathered(fc.constant(undefined)), { minLength: roles.length, maxLength: roles.length })
  .map((fates) =>
    Object.fromEntries(
      roles.map((one, i): [string, Gathered<RoleDefinition>] => {
        const fate = fates[i];
        return [guidOf(one), fate?.ok ? { ...fate, value: one } : (fate ?? lost('malformed'))];
      }),
    ),
  );

const directory: fc.Arbitrary<Directory> = fc.oneof(
  fc.constant({ asked: false } as const),
  fc
    .dictionary(among(person(1), person(2), person(3)), among('User' as const, 'Group' as const, 'gone' as const))
    .map((principals) => ({ asked: true as const, principals })),
);

const logWorkspaceIds = ['a', 'b'].map((n) => `${groupScope}/providers/Microsoft.OperationalInsights/workspaces/${n}`);
const setting: fc.Arbitrary<DiagnosticSetting> = some<DiagnosticSetting>(
  {
    id: hostileText,
    name: among('one', 'two'),
    workspaceId: among(...logWorkspaceIds, '/x'),
    logs: few(
      some<DiagnosticSetting['logs'][number]>({
        category: among('AuditLogs', 'auditlogs', 'DiagnosticLogs', ''),
        categoryGroup: among('allLogs', 'audit', ''),
        enabled: fc.oneof(fc.boolean(), anything),
      } as never),
    ),
  } as never,
  'id',
  'name',
  'logs',
);

/** The key stands for all of the row but its count, as the collector's hash does. */
const failureRow: fc.Arbitrary<AuditFailureRow> = some<Omit<AuditFailureRow, 'key'>>(
  {
    count: fc.integer({ min: 1, max: 60 }),
    status: among(200, 401, 403, 404, 500, 503),
    operation: among('export', 'read', ''),
    callerObjectId: principal,
    callerAddress: address,
  } as never,
  'count',
  'operation',
).map((row) => ({ ...row, key: JSON.stringify([row.status, row.operation, row.callerObjectId, row.callerAddress]) }));

const traffic: fc.Arbitrary<Traffic> = fc
  .array(fc.integer({ min: 0, max: 40 }), { maxLength: 5 })
  .map((hours) => ({ hours: hours.map((requests, i) => ({ from: hourBack(i + 1), to: hourBack(i), requests })) }));

function hourBack(n: number): string {
  return new Date(Date.parse(NOW) - (n * 60 + 15) * 60_000).toISOString();
}

/** Evidence of these kinds about a service of this kind, each of them arrived or lost. */
export function someEvidence(kind: ServiceKind, wanted: readonly EvidenceKind[]): fc.Arbitrary<Evidence> {
  const service = aService(kind);
  const { id } = service;
  const ownerId = service.workspaceId ?? id;
  const byKind: { readonly [K in EvidenceKind]: fc.Arbitrary<Gathered<EvidenceByKind[K]>> } = {
    resource: gathered(aRandomDocument(kind)),
    workspace: gathered(aRandomDocument('workspace')),
    privateEndpoints: gathered(fc.record({ ownerId: fc.constant(ownerId), connections: few(connection(ownerId)) })),
    requiredZones: gathered(few(zoneName)),
    privateZones: gathered(apart(zone, (one) => one.id)),
    dnsAnswers: gathered(dnsAnswers),
    privatePath: gathered(privatePath),
    publicPath: gathered(publicPath),
    roleAssignments: gathered(few(assignment(id))),
    roleDefinitions: gathered(roleDefinitions),
    eligibleRoles: gathered(few(instance(id))),
    activeRoles: gathered(few(instance(id))),
    denyAssignments: gathered(few(denial(id))),
    directory: gathered(directory),
    diagnosticSettings: gathered(few(setting)),
    logWorkspaces: gathered(
      fc.record({ a: gathered(fc.constant(null)), b: gathered(fc.constant(null)) }).map(({ a, b }) =>
        Object.fromEntries(
          [a, b].map((fate, i): [string, Gathered<{ readonly id: string }>] => {
            const workspaceId = logWorkspaceIds[i] ?? '';
            return [workspaceId.toLowerCase(), fate.ok ? { ...fate, value: { id: workspaceId } } : fate];
          }),
        ),
      ),
    ),
    auditRows: gathered(
      fc.record({
        windowSeconds: fc.constant(3600),
        workspaces: apart(
          among(...logWorkspaceIds).chain((workspaceId) =>
            fc.record({
              workspaceId: fc.constant(workspaceId),
              window: gathered(
                fc.record({
                  workspaceId: fc.constant(workspaceId),
                  rows: fc.nat(100),
                  failures: apart(failureRow, (row) => row.key),
                }),
              ),
            }),
          ),
          (one) => one.workspaceId,
        ),
      }),
    ),
    traffic: gathered(traffic),
  };
  const asked = Object.fromEntries(wanted.map((one) => [one, byKind[one] as fc.Arbitrary<unknown>]));
  return fc.record(asked) as fc.Arbitrary<Evidence>;
}
