import type { Service, ServiceOpening } from '../../src/app/service.ts';
import type { Finding, SignalSink, Store, Service as Watched } from '../../src/model.ts';
import { readSettings } from '../../src/settings.ts';

export const tenant = '6d2a1f0e-9c47-4f8e-a2b1-3f5b7c0d9e11';
export const environment = { WEBSITE_AUTH_ENABLED: 'True', AZURE_TENANT_ID: tenant };
export const silent = { info: () => {}, error: () => {} };

/** A request of a caller with these roles; of nobody without. */
export function request(
  roles: readonly string[] | undefined,
  query: Record<string, string> = {},
  body = '',
  method = 'GET',
) {
  const claims = [
    { typ: 'oid', val: '051be183-4712-560b-ade3-c82db193d2b6' },
    { typ: 'tid', val: tenant },
    { typ: 'name', val: 'Ada' },
    ...(roles ?? []).map((val) => ({ typ: 'roles', val })),
  ];
  const header = Buffer.from(JSON.stringify({ auth_typ: 'aad', claims })).toString('base64');
  const headers = new Headers({ accept: '*/*', ...(roles ? { 'x-ms-client-principal': header } : {}) });
  return { headers, query: new URLSearchParams(query), method, text: async () => body };
}

export function watched(name: string): Watched {
  const id = `/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg/providers/Microsoft.HealthcareApis/services/${name}`;
  return {
    id,
    key: `key-${name}`,
    name,
    kind: 'apiForFhir',
    subscriptionId: 's',
    resourceGroup: 'rg',
    location: 'x',
    tags: {},
  };
}

export function finding(extra: Partial<Finding> = {}): Finding {
  return {
    check: 'public-network-access',
    family: 'network',
    severity: 'critical',
    status: 'pass',
    message: '',
    observed: { flag: 'Disabled' },
    evidence: [],
    ...extra,
  };
}

/** An app whose memory and clock the test holds. */
export function appOf(
  store: Store,
  now: () => Date,
  more: { readonly sink?: SignalSink; readonly policyFile?: string } = {},
): { readonly service: Service; open(): ServiceOpening } {
  const settled = readSettings({ FHIRWATCH_POLICY: more.policyFile ?? 'no-such-file.yaml' });
  if (!settled.ok) throw new Error('settings');
  const unused = () => Promise.reject(new Error('not needed here'));
  const { sink } = more;
  const service: Service = {
    settings: settled.settings,
    environment,
    azure: unused,
    sink: sink ? async () => sink : unused,
    store: async () => store,
    now,
  };
  return { service, open: () => ({ ok: true, service }) };
}
