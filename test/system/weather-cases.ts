/** Faults, hostile words, and estates at the edge: what a scan says of them and how it exits. */
import type { ScanCase } from './case-runner.ts';
import { estateKey, push, remove, set, unset } from './estate-changes.ts';
import {
  beside,
  clinic,
  connection,
  connections,
  ehr,
  ehrId,
  faults,
  first,
  flag,
  hub,
  inClinic,
  link,
  status,
  workspace,
  workspaceId,
} from './network-estates.ts';

const arm = (match: string, kind: string, more: object = {}) =>
  faults({ target: 'resource-manager', match, kind, ...more });
const graph = (match: string, kind: string, more: object = {}) =>
  faults({ target: 'resource-graph', match, kind, ...more });
const dns = (match: string, kind: string, more: object = {}) => faults({ target: 'dns', match, kind, ...more });
/** these estates live by the real clock */
const inAMonth = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
const excepting = (more: object) =>
  estateKey('policy.exceptions', [
    {
      check: 'public-network-access',
      service: ehrId.toUpperCase(),
      owner: 'a team',
      reason: 'a test',
      expires: inAMonth,
      ...more,
    },
  ]);
const open = set(ehr, flag, 'Enabled');
const unseen = '99999999-0000-4000-8000-000000000009';
const evil = 'A\u0007\u001b[31m\u202Eevil\u2066<script>';
const controls = new RegExp(`[${String.fromCharCode(7)}${String.fromCharCode(27)}\u202e\u2066]`);
const huge = 'Z'.repeat(1_000_000);
const known = ['contosoclinic flag pass', 'contosoclinic approval pass', 'ehr dns pass'];

export const weatherCases: readonly ScanCase[] = [
  inClinic('an open service fails the scan', [open], [], { exit: 1, options: { failOn: 'high' } }),
  inClinic('a high finding under a critical threshold', [remove(link)], [], {
    exit: 0,
    options: { failOn: 'critical' },
  }),
  inClinic(
    'a low finding and an unknown one',
    [push(workspace, connections, connection('second', beside('gone'), 'Approved')), unset(ehr, flag)],
    ['contosoclinic approval fail low', 'ehr flag unknown'],
    { exit: 2, options: { failOn: 'high' } },
  ),
  inClinic('an exception', [open, excepting({})], ['ehr flag fail critical'], { exit: 0, options: { failOn: 'low' } }),
  inClinic('an expired exception', [open, excepting({ expires: '2026-11-01' })], ['ehr flag fail'], {
    exit: 1,
    printed: /expired/,
    options: { failOn: 'high' },
  }),
  inClinic(
    'an exception for what was observed',
    [open, excepting({ observed: { 'properties.publicNetworkAccess': 'Disabled' } })],
    ['ehr flag fail'],
    { exit: 1, options: { failOn: 'high' } },
  ),
  inClinic('an exception without an end', [excepting({ expires: '2099-01-01' })], [], { exit: 3, printed: /expires/ }),
  inClinic('no service at all', [remove(/HealthcareApis/)], [], {
    exit: 2,
    printed: /"ratio": ?null.*no FHIR service is visible to this identity/s,
  }),
  inClinic('everything excluded', [estateKey('policy.estate.exclude', [`${workspaceId}*`])], [], {
    exit: 2,
    printed: /no FHIR service is visible/,
  }),
  inClinic('one excluded', [open, estateKey('policy.estate.exclude', [ehrId])], ['contosoclinic flag pass'], {
    exit: 0,
    not: /fhirservices\/ehr/,
  }),
  inClinic(
    'a subscription that cannot be seen',
    [estateKey('policy.estate.subscriptions', [hub, clinic, unseen])],
    known,
    {
      exit: 2,
      printed: new RegExp(`"problems": ?\\[[^\\]]*${unseen}`),
    },
  ),
  ...(['malformed', 'empty'] as const).map((kind) =>
    inClinic(`a listing that is ${kind}`, [graph('.', kind)], [], { exit: 3, not: /"schema"/ }),
  ),
  inClinic(
    'two throttles of everything, with and without a time',
    [
      faults(
        { target: 'resource-graph', match: '.', kind: 'status', status: 429, retryAfter: 1, times: 2 },
        { target: 'resource-manager', match: '.', kind: 'status', status: 429, times: 2 },
      ),
    ],
    known,
    { exit: 0 },
  ),
  inClinic('one reset', [arm('.', 'reset', { times: 1 })], known, { exit: 0 }),
  inClinic(
    'one error of the document',
    [arm('workspaces/contosoclinic\\?', 'status', { status: 500, times: 1 })],
    known,
    {
      exit: 0,
    },
  ),
  inClinic(
    'a throttle of an hour',
    [arm('workspaces/contosoclinic\\?', 'status', { status: 429, retryAfter: 3600 })],
    ['contosoclinic flag unknown', 'imaging flag unknown'],
  ),
  ...(['html', 'empty'] as const).map((kind) =>
    inClinic(
      `Resource Manager answers ${kind}`,
      [arm('.', kind)],
      ['contosoclinic flag unknown', 'contosoclinic approval unknown'],
      {
        exit: 2,
      },
    ),
  ),
  inClinic(
    'a listed workspace that answers 404',
    [arm('^GET [^?]*/workspaces/contosoclinic\\?', 'status', { status: 404 })],
    ['contosoclinic flag unknown', 'contosoclinic approval unknown', 'ehr flag unknown'],
  ),
  inClinic('zone groups that cannot be read', [arm('privateDnsZoneGroups', 'status', { status: 403 })], known),
  ...(['malformed', 'empty', 'partial', 'status'] as const).map((kind) =>
    inClinic(
      `a resolver that answers one name ${kind}`,
      [dns('^(A|AAAA) contosoclinic-ehr', kind)],
      ['ehr dns unknown', 'research dns pass'],
    ),
  ),
  inClinic('a resolver that is reset once', [dns('^A contosoclinic-ehr', 'reset', { times: 1 })], known),
  inClinic(
    'words that would act on a terminal',
    [set(workspace, status, evil), set(ehr, flag, evil)],
    ['contosoclinic approval fail critical', 'ehr flag unknown'],
    { not: controls },
  ),
  ...(['table', 'html'] as const).map((format) =>
    inClinic(`the same as ${format}`, [set(ehr, flag, evil)], [], {
      options: { outputs: [{ format }] },
      printed: /evil/,
      not: format === 'html' ? new RegExp(`${controls.source}|evil<script>`) : controls,
    }),
  ),
  inClinic(
    'values of hostile size',
    [set(ehr, flag, huge), set(workspace, `${first}.privateEndpoint.id`, `${beside('pe-')}${huge}`)],
    ['ehr flag unknown'],
    { not: /Z{5000}/ },
  ),
  inClinic(
    'keys that reach for the prototype',
    [
      (estate) => {
        const found = estate.resources.find(({ id }) => id === workspaceId);
        if (found) found.properties = JSON.parse(`{"__proto__":{"publicNetworkAccess":"Disabled"},"constructor":{}}`);
      },
    ],
    ['contosoclinic flag unknown', 'contosoclinic approval fail critical'],
  ),
];
