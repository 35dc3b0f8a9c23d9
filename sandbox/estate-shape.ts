/** What an estate file may hold (INTERFACES, "Estate file"); what is inside documents is not looked at. */
import {
  anything,
  type Check,
  dictionary,
  flag,
  instant,
  isRecord,
  listOf,
  mapOf,
  nullable,
  number,
  object,
  oneOf,
  pattern,
  text,
} from './checks.ts';

const document: Check = (value, path, problems) => {
  if (!isRecord(value)) return dictionary(value, path, problems);
  if (typeof value.id !== 'string' || !value.id.startsWith('/'))
    problems.push(`${path}.id: must be a resource id that starts with /`);
};

const resource: Check = (value, path, problems) => {
  document(value, path, problems);
  if (isRecord(value) && (typeof value.type !== 'string' || value.type === ''))
    problems.push(`${path}.type: must be a resource type`);
};

/** A list of documents in which no two have one id, compared as Azure compares ids. */
function documents(each: Check): Check {
  return (value, path, problems) => {
    listOf(each)(value, path, problems);
    if (!Array.isArray(value)) return;
    const seen = new Map<string, number>();
    for (const [index, item] of value.entries()) {
      const id = isRecord(item) && typeof item.id === 'string' ? item.id.toLowerCase() : undefined;
      if (id === undefined) continue;
      const first = seen.get(id);
      if (first === undefined) seen.set(id, index);
      else problems.push(`${path}[${index}].id: is also the id of ${path}[${first}]`);
    }
  };
}

const dnsRecord: Check = (value, path, problems) => {
  object(
    {
      name: text,
      type: oneOf('A', 'AAAA', 'CNAME', 'TXT'),
      data: text,
      rcode: oneOf('SERVFAIL', 'NXDOMAIN', 'TIMEOUT'),
    },
    ['name'],
  )(value, path, problems);
  if (isRecord(value) && value.rcode === undefined && (value.type === undefined || value.data === undefined))
    problems.push(`${path}: must have type and data, or rcode`);
};

const logTable: Check = (value, path, problems) => {
  if (Array.isArray(value)) listOf(dictionary)(value, path, problems);
  else object({ columns: mapOf(text), rows: listOf(logRow) }, ['columns', 'rows'])(value, path, problems);
};

const logRow: Check = (row, path, problems) => (isRecord(row) ? dictionary : listOf(anything))(row, path, problems);

const metricPoint: Check = (value, path, problems) => {
  if (!Array.isArray(value) || value.length !== 2) {
    problems.push(`${path}: must be a time and a number`);
    return;
  }
  instant(value[0], `${path}[0]`, problems);
  nullable(number(Number.NEGATIVE_INFINITY))(value[1], `${path}[1]`, problems);
};

const fault = object(
  {
    target: oneOf(
      'resource-manager',
      'resource-graph',
      'identity',
      'logs',
      'metrics',
      'dns',
      'insights',
      'storage',
      'fhir',
      'directory',
    ),
    match: pattern,
    kind: oneOf('status', 'hang', 'reset', 'malformed', 'empty', 'html', 'slow', 'partial', 'skew', 'nextLink'),
    status: number(100, 599),
    headers: mapOf(text),
    body: anything,
    link: text,
    retryAfter: number(0),
    delayMs: number(0),
    skewMs: number(Number.NEGATIVE_INFINITY),
    after: number(0),
    rate: number(0, 1),
    times: number(0),
  },
  ['target', 'match', 'kind'],
);

export const estateFile = object(
  {
    name: text,
    now: instant,
    cloud: oneOf('AzureCloud', 'AzureUSGovernment', 'AzureChinaCloud'),
    tenantId: text,
    managementGroups: listOf(object({ id: text, parent: nullable(text), subscriptions: listOf(text) }, ['id'])),
    policy: dictionary,
    monitor: object({
      principalId: text,
      network: nullable(text),
      publicVantage: flag,
      unreadable: listOf(text),
    }),
    resources: documents(resource),
    roleDefinitions: documents(document),
    roleAssignments: documents(document),
    roleEligibilityScheduleInstances: documents(document),
    roleAssignmentScheduleInstances: documents(document),
    denyAssignments: documents(document),
    diagnosticSettings: documents(document),
    directory: listOf(
      object({ id: text, type: oneOf('User', 'Group', 'ServicePrincipal'), displayName: text, members: listOf(text) }, [
        'id',
        'type',
      ]),
    ),
    dns: object({ private: listOf(dnsRecord), public: listOf(dnsRecord) }),
    logs: mapOf(mapOf(logTable)),
    metrics: mapOf(mapOf(listOf(metricPoint))),
    endpoints: mapOf(dictionary),
    policyStates: listOf(object({ resourceId: text, policyDefinitionId: text, complianceState: text }, ['resourceId'])),
    activity: listOf(
      object(
        {
          resourceId: text,
          operation: text,
          caller: text,
          at: instant,
          changes: listOf(object({ path: text, before: anything, after: anything }, ['path'])),
        },
        ['resourceId', 'at'],
      ),
    ),
    faults: listOf(fault),
    graph: object({ resources: documents(resource), without: listOf(text) }),
  },
  ['resources'],
);
