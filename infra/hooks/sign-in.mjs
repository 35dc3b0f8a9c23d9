// The app registration that people and Azure's alerts sign in to: made before the template that names it, finished once
// the app's identity and address exist. No secret is ever made: App Service signs in by the identity's federated
// credential. Runs on the deployer's own sign-in (az login), which needs the right to register applications.
import { spawnSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {Readonly<Record<string, string | undefined>>} Environment
 * @typedef {{ readonly id: string, readonly [property: string]: unknown }} Item
 * @typedef {object} Ports
 * @property {(method: string, path: string, body?: unknown) => Promise<Item | undefined>} graph a call of Microsoft Graph v1.0; undefined: 404
 * @property {(path: string) => Promise<readonly Item[]>} list all pages of a listing of it
 * @property {(name: string, value: string) => void} remember sets a value of the azd environment
 * @property {(line: string) => void} say
 * @property {string} authority such as https://login.microsoftonline.com
 * @property {string} exchange audience of federated credentials in this cloud
 */

/** Azure's own application that calls secure webhooks of action groups. */
const actionGroups = '461e8683-5575-4561-ac7f-899cc907d62a';
const azureCli = '04b07795-8ddb-461a-bbee-02f9e1bf7b46';
const scopeId = '6f1f4f0a-3c52-4a52-9a8f-3d6f1f1d7c01';

/** Ids are fixed, so that a second run changes nothing. */
export const appRoles = [
  role('6f1f4f0a-3c52-4a52-9a8f-3d6f1f1d7c11', 'Auditor', 'Reads reports and evidence.', ['User', 'Application']),
  role('6f1f4f0a-3c52-4a52-9a8f-3d6f1f1d7c12', 'Operator', 'Reads, starts sweeps and accepts baselines.', [
    'User',
    'Application',
  ]),
  role('6f1f4f0a-3c52-4a52-9a8f-3d6f1f1d7c13', 'ActionGroupsSecureWebhook', 'Azure Monitor delivers alerts.', [
    'Application',
  ]),
];

/** @param {string} id @param {string} value @param {string} description @param {string[]} allowedMemberTypes */
function role(id, value, description, allowedMemberTypes) {
  return { id, value, displayName: value, description, allowedMemberTypes, isEnabled: true };
}

/** @param {Environment} environment @param {string} name */
function need(environment, name) {
  const value = environment[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set in the azd environment.`);
  return value;
}

/** @param {Environment} environment */
const isGiven = ({ FHIRWATCH_AUTH_CLIENT_ID: id, FHIRWATCH_AUTH_MANAGED: managed }) =>
  id !== undefined && id !== '' && managed !== 'true';

/**
 * Before provisioning: the application, its roles and its service principal.
 *
 * @param {Environment} environment
 * @param {Ports} ports
 */
export async function prepare(environment, ports) {
  const { graph, remember, say } = ports;
  if (isGiven(environment)) return checkGiven(environment, ports);
  const displayName = `fhirwatch (${need(environment, 'AZURE_ENV_NAME')})`;
  const known = environment.FHIRWATCH_AUTH_CLIENT_ID;
  const found = known
    ? await graph('GET', `/applications(appId='${known}')`)
    : await single(
        ports,
        `/applications?$filter=${encodeURIComponent(`displayName eq '${displayName.replaceAll("'", "''")}'`)}`,
        displayName,
      );
  const wanted = {
    displayName,
    signInAudience: 'AzureADMyOrg',
    appRoles,
    api: {
      requestedAccessTokenVersion: 2,
      oauth2PermissionScopes: [
        {
          id: scopeId,
          value: 'user_impersonation',
          type: 'User',
          isEnabled: true,
          adminConsentDisplayName: 'Ask fhirwatch',
          adminConsentDescription: 'Ask fhirwatch on behalf of the signed-in person.',
          userConsentDisplayName: 'Ask fhirwatch',
          userConsentDescription: 'Ask fhirwatch on your behalf.',
        },
      ],
    },
  };
  if (found) await graph('PATCH', `/applications/${found.id}`, wanted);
  const application = found ?? (await graph('POST', '/applications', wanted));
  if (!application) throw new Error('Microsoft Graph made no application.');
  const appId = String(application.appId);
  // both name what the first call has to have made
  await graph('PATCH', `/applications/${application.id}`, {
    identifierUris: [`api://${appId}`],
    api: { ...wanted.api, preAuthorizedApplications: [{ appId: azureCli, delegatedPermissionIds: [scopeId] }] },
  });
  const own = await principalOf(appId, ports);
  await graph('PATCH', `/servicePrincipals/${own.id}`, { appRoleAssignmentRequired: true });
  await allowAlerts(own, ports);
  remember('FHIRWATCH_AUTH_CLIENT_ID', appId);
  remember('FHIRWATCH_AUTH_OBJECT_ID', application.id);
  remember('FHIRWATCH_AUTH_MANAGED', 'true');
  say(`App registration "${displayName}" is ready: ${appId}`);
}

/** @param {Environment} environment @param {Ports} ports */
async function checkGiven(environment, { graph, remember, say }) {
  const appId = need(environment, 'FHIRWATCH_AUTH_CLIENT_ID');
  const application = await graph('GET', `/applications(appId='${appId}')`);
  if (!application) throw new Error(`There is no app registration ${appId} in this tenant.`);
  const present = Array.isArray(application.appRoles) ? application.appRoles.map(({ value }) => value) : [];
  const missing = appRoles.map(({ value }) => value).filter((value) => !present.includes(value));
  if (missing.length > 0) throw new Error(`The app registration ${appId} lacks the roles ${missing.join(', ')}.`);
  remember('FHIRWATCH_AUTH_OBJECT_ID', application.id);
  say(`App registration ${appId} is the one that was given; it is not changed.`);
}

/**
 * The service principal of an application, made where there is none.
 *
 * @param {string} appId
 * @param {Ports} ports
 */
async function principalOf(appId, { graph }) {
  const principal =
    (await graph('GET', `/servicePrincipals(appId='${appId}')`)) ??
    (await graph('POST', '/servicePrincipals', { appId }));
  if (!principal) throw new Error(`Microsoft Graph made no service principal of ${appId}.`);
  return principal;
}

/** @param {Item} own @param {Ports} ports */
async function allowAlerts(own, ports) {
  const azure = await principalOf(actionGroups, ports);
  const appRoleId = appRoles[2]?.id;
  const assigned = await ports.list(`/servicePrincipals/${own.id}/appRoleAssignedTo`);
  if (assigned.some((one) => one.principalId === azure.id && one.appRoleId === appRoleId)) return;
  const body = { principalId: azure.id, resourceId: own.id, appRoleId };
  await ports.graph('POST', `/servicePrincipals/${own.id}/appRoleAssignedTo`, body);
}

/** @param {Ports} ports @param {string} path @param {string} displayName */
async function single(ports, path, displayName) {
  const found = await ports.list(path);
  if (found.length > 1)
    throw new Error(
      `There are ${found.length} app registrations "${displayName}"; give one by FHIRWATCH_AUTH_CLIENT_ID.`,
    );
  return found[0];
}

/**
 * After provisioning: where the sign-in returns to, and the credential of the app's identity.
 *
 * @param {Environment} environment
 * @param {Ports} ports
 */
export async function finish(environment, { graph, list, say, authority, exchange }) {
  const callback = `${need(environment, 'FHIRWATCH_URL')}/.auth/login/aad/callback`;
  const credential = {
    name: 'fhirwatch-app',
    issuer: `${authority}/${need(environment, 'AZURE_TENANT_ID')}/v2.0`,
    subject: need(environment, 'FHIRWATCH_PRINCIPAL_ID'),
    audiences: [exchange],
  };
  if (isGiven(environment)) {
    say(
      `Give the app registration the redirect URI ${callback}, ID tokens, and the federated credential ${JSON.stringify(credential)}.`,
    );
    return;
  }
  const application = `/applications/${need(environment, 'FHIRWATCH_AUTH_OBJECT_ID')}`;
  await graph('PATCH', application, {
    web: {
      redirectUris: [callback],
      implicitGrantSettings: { enableIdTokenIssuance: true, enableAccessTokenIssuance: false },
    },
  });
  const existing = (await list(`${application}/federatedIdentityCredentials`)).find(
    ({ name }) => name === credential.name,
  );
  if (!existing) await graph('POST', `${application}/federatedIdentityCredentials`, credential);
  else await graph('PATCH', `${application}/federatedIdentityCredentials/${existing.id}`, credential);
  say(`Sign-in returns to ${callback}; the app signs in as its identity ${credential.subject}.`);
}

/** @param {readonly string[]} args */
function az(args) {
  // az is a batch file on Windows; none of these arguments needs quoting
  const options = /** @type {const} */ ({ encoding: 'utf8', shell: process.platform === 'win32' });
  const { status, stdout, stderr, error } = spawnSync('az', [...args, '--output', 'json'], options);
  if (error || status !== 0)
    throw new Error(`az ${args.join(' ')} failed: ${error?.message ?? stderr.trim()}. Sign in with az login.`);
  return JSON.parse(stdout);
}

/** @returns {Ports} */
function realPorts() {
  const cloud = az(['cloud', 'show']);
  const endpoint = String(cloud.endpoints.microsoftGraphResourceId).replace(/\/+$/, '');
  const { accessToken } = az(['account', 'get-access-token', '--resource-type', 'ms-graph']);
  const suffix = { AzureUSGovernment: 'USGov', AzureChinaCloud: 'China' }[String(cloud.name)] ?? '';
  /** @param {string} method @param {string} url @param {unknown} [body] */
  const call = async (method, url, body) => {
    const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' };
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    let response = await fetch(url, { method, headers, ...content });
    if (response.status === 404 && method === 'GET') return undefined;
    // what was made a moment ago is not yet known to every server of the directory
    for (let tries = 0; response.status === 404 && tries < 6; tries++) {
      await setTimeout(5000);
      response = await fetch(url, { method, headers, ...content });
    }
    const text = await response.text();
    if (!response.ok)
      throw new Error(
        `Microsoft Graph: ${method} ${new URL(url).pathname} answers ${response.status}. ${text.slice(0, 500)}`,
      );
    return text === '' ? undefined : JSON.parse(text);
  };
  return {
    graph: (method, path, body) => call(method, `${endpoint}/v1.0${path}`, body),
    async list(path) {
      const items = [];
      for (let url = `${endpoint}/v1.0${path}`; url; ) {
        const page = await call('GET', url);
        items.push(...(page?.value ?? []));
        url = page?.['@odata.nextLink'];
      }
      return items;
    },
    remember(name, value) {
      const { status } = spawnSync('azd', ['env', 'set', name, value], { stdio: 'inherit' });
      if (status !== 0) throw new Error(`azd env set ${name} failed.`);
    },
    say: (line) => console.log(line),
    authority: String(cloud.endpoints.activeDirectory).replace(/\/+$/, ''),
    exchange: `api://AzureADTokenExchange${suffix}`,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const step = { before: prepare, after: finish }[String(process.argv[2])];
  try {
    if (!step) throw new Error('Usage: sign-in.mjs before|after');
    await step(process.env, realPorts());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
