import { describe, expect, test } from 'vitest';
import { appRoles, finish, prepare } from '../../infra/hooks/sign-in.mjs';

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

type Stored = { readonly id: string; readonly [property: string]: unknown };

/** A tenant that remembers what it was told; `items` are what it already has, by path. */
function tenant(
  items: Readonly<Record<string, Stored>> = {},
  listings: Readonly<Record<string, readonly Stored[]>> = {},
) {
  const calls: Call[] = [];
  const values: Record<string, string> = {};
  const lines: string[] = [];
  const ports = {
    async graph(method: string, path: string, body?: unknown) {
      if (method !== 'GET') calls.push({ method, path, body });
      if (method === 'POST') return { id: `new ${path}`, appId: 'app-1', ...(body as object) };
      return items[path];
    },
    list: async (path: string) => listings[path.replace(/\?.*/, '')] ?? [],
    remember(name: string, value: string) {
      values[name] = value;
    },
    say: (line: string) => void lines.push(line),
    authority: 'https://login.microsoftonline.com',
    exchange: 'api://AzureADTokenExchange',
  };
  return { ports, calls, values, lines };
}

const environment = { AZURE_ENV_NAME: 'prod', AZURE_TENANT_ID: 't-1' };
const finished = {
  ...environment,
  FHIRWATCH_URL: 'https://func.azurewebsites.net',
  FHIRWATCH_PRINCIPAL_ID: 'identity-1',
  FHIRWATCH_AUTH_CLIENT_ID: 'app-1',
  FHIRWATCH_AUTH_OBJECT_ID: 'object-1',
  FHIRWATCH_AUTH_MANAGED: 'true',
};

describe('before provisioning', () => {
  test('makes a registration of this tenant only, with the three roles, and tells azd its ids', async () => {
    const { ports, calls, values } = tenant();
    await prepare(environment, ports);
    const [made] = calls;
    expect(made).toMatchObject({ method: 'POST', path: '/applications', body: { signInAudience: 'AzureADMyOrg' } });
    expect(appRoles.map(({ value }) => value)).toEqual(['Auditor', 'Operator', 'ActionGroupsSecureWebhook']);
    expect(values).toEqual({
      FHIRWATCH_AUTH_CLIENT_ID: 'app-1',
      FHIRWATCH_AUTH_OBJECT_ID: 'new /applications',
      FHIRWATCH_AUTH_MANAGED: 'true',
    });
  });

  test('lets only assigned principals in, and Azure’s alerts by their role', async () => {
    const { ports, calls } = tenant();
    await prepare(environment, ports);
    expect(calls).toContainEqual(expect.objectContaining({ body: { appRoleAssignmentRequired: true } }));
    const assignment = calls.find(({ path }) => path.endsWith('/appRoleAssignedTo'));
    expect(assignment?.body).toMatchObject({ appRoleId: appRoles[2]?.id });
    expect(appRoles[2]?.allowedMemberTypes).toEqual(['Application']);
  });

  test('a second run changes the registration that is there and assigns nothing twice', async () => {
    const own = { id: 'sp-own' };
    const azure = { id: 'sp-azure' };
    const { ports, calls } = tenant(
      {
        "/applications(appId='app-1')": { id: 'object-1', appId: 'app-1' },
        "/servicePrincipals(appId='app-1')": own,
        "/servicePrincipals(appId='461e8683-5575-4561-ac7f-899cc907d62a')": azure,
      },
      {
        '/servicePrincipals/sp-own/appRoleAssignedTo': [{ id: 'a', principalId: azure.id, appRoleId: appRoles[2]?.id }],
      },
    );
    await prepare(finished, ports);
    expect(calls.map(({ method }) => method)).not.toContain('POST');
  });

  test('a registration that is given is checked, never changed', async () => {
    const given = { ...environment, FHIRWATCH_AUTH_CLIENT_ID: 'app-9' };
    const whole = tenant({ "/applications(appId='app-9')": { id: 'object-9', appRoles } });
    await prepare(given, whole.ports);
    expect([whole.calls, whole.values]).toEqual([[], { FHIRWATCH_AUTH_OBJECT_ID: 'object-9' }]);
    const bare = tenant({ "/applications(appId='app-9')": { id: 'object-9', appRoles: appRoles.slice(0, 1) } });
    await expect(prepare(given, bare.ports)).rejects.toThrow('lacks the roles Operator, ActionGroupsSecureWebhook');
    await expect(prepare(given, tenant().ports)).rejects.toThrow('no app registration app-9');
  });

  test('two registrations of one name are a person’s to decide', async () => {
    const { ports } = tenant({}, { '/applications': [{ id: '1' }, { id: '2' }] });
    await expect(prepare(environment, ports)).rejects.toThrow('give one by FHIRWATCH_AUTH_CLIENT_ID');
  });
});

describe('after provisioning', () => {
  test('adds the credential of the app’s identity and where sign-in returns to', async () => {
    const { ports, calls } = tenant();
    await finish(finished, ports);
    expect(calls).toEqual([
      {
        method: 'PATCH',
        path: '/applications/object-1',
        body: {
          web: {
            redirectUris: ['https://func.azurewebsites.net/.auth/login/aad/callback'],
            implicitGrantSettings: { enableIdTokenIssuance: true, enableAccessTokenIssuance: false },
          },
        },
      },
      {
        method: 'POST',
        path: '/applications/object-1/federatedIdentityCredentials',
        body: {
          name: 'fhirwatch-app',
          issuer: 'https://login.microsoftonline.com/t-1/v2.0',
          subject: 'identity-1',
          audiences: ['api://AzureADTokenExchange'],
        },
      },
    ]);
  });

  test('a new identity replaces the subject of the credential that is there', async () => {
    const path = '/applications/object-1/federatedIdentityCredentials';
    const { ports, calls } = tenant({}, { [path]: [{ id: 'c-1', name: 'fhirwatch-app' }] });
    await finish(finished, ports);
    expect(calls[1]).toMatchObject({ method: 'PATCH', path: `${path}/c-1`, body: { subject: 'identity-1' } });
  });

  test('for a given registration it says what to add, and touches nothing', async () => {
    const { ports, calls, lines } = tenant();
    await finish({ ...finished, FHIRWATCH_AUTH_MANAGED: undefined }, ports);
    expect(calls).toEqual([]);
    expect(lines.join()).toContain('identity-1');
  });

  test('says which value is missing', async () => {
    await expect(finish(environment, tenant().ports)).rejects.toThrow('FHIRWATCH_URL is not set');
  });
});

test('no call ever makes a secret', async () => {
  const { ports, calls } = tenant();
  await prepare(environment, ports);
  await finish(finished, ports);
  expect(JSON.stringify(calls)).not.toMatch(/password|secret|keyCredentials/i);
});
