import { describe, expect, test } from 'vitest';
import { clouds } from '../src/clouds.ts';
import { readSchedule } from '../src/schedules.ts';
import { type Environment, readSettings, type Settings } from '../src/settings.ts';

const guid = '11111111-2222-3333-4444-555555555555';

function settingsOf(environment: Environment): Settings {
  const read = readSettings(environment);
  if (!read.ok) throw new Error(read.problems.join('\n'));
  return read.settings;
}

function problemsOf(environment: Environment): readonly string[] {
  const read = readSettings(environment);
  return read.ok ? [] : read.problems;
}

describe('without any setting', () => {
  test('the public cloud is watched, nothing is remembered and nothing is sent', () => {
    expect(settingsOf({})).toEqual({
      cloud: clouds.AzureCloud,
      authorityHost: 'https://login.microsoftonline.com',
      dnsServers: [],
      schedules: {
        network: { expression: '0 */5 * * * *', binding: '0 */5 * * * *', intervalSeconds: 300 },
        access: { expression: '0 10 * * * *', binding: '0 10 * * * *', intervalSeconds: 3600 },
        audit: { expression: '0 */15 * * * *', binding: '0 */15 * * * *', intervalSeconds: 900 },
        data: { expression: '0 40 * * * *', binding: '0 40 * * * *', intervalSeconds: 3600 },
        lifecycle: { expression: '0 20 5 * * *', binding: '0 20 5 * * *', intervalSeconds: 86_400 },
      },
      retentionDays: 2190,
      remarks: [],
    });
  });

  test('an empty setting counts as not set, as App Service has it', () => {
    expect(settingsOf({ AZURE_CLIENT_ID: '', FHIRWATCH_CLOUD: ' ' })).toEqual(settingsOf({}));
  });
});

describe('problems', () => {
  test('all are told at once, each with the setting, what it is and what was expected', () => {
    expect(
      problemsOf({
        AZURE_CLIENT_ID: 'me',
        FHIRWATCH_CLOUD: 'Azure',
        FHIRWATCH_LOGS_ENDPOINT: 'http://logs.example',
        FHIRWATCH_DNS_SERVERS: '10.0.0.4,dns.example',
      }),
    ).toEqual([
      'AZURE_CLIENT_ID is "me": expected the client id of an identity: a GUID.',
      'FHIRWATCH_CLOUD is "Azure": expected AzureCloud, AzureUSGovernment, AzureChinaCloud.',
      'FHIRWATCH_LOGS_ENDPOINT is "http://logs.example": expected an https address without path, such as https://management.azure.com.',
      'FHIRWATCH_DNS_SERVERS is "10.0.0.4,dns.example": expected addresses separated by commas, each with a port if need be: 10.0.0.4, 10.0.0.5:5353, [fd00::4]:53.',
    ]);
  });

  test.each([
    ['AzureWebJobsStorage', 'hunter2'],
    ['APPLICATIONINSIGHTS_CONNECTION_STRING', 'hunter2'],
    ['FHIRWATCH_TEAMS_WORKFLOW_URL', 'http://hunter2.example/workflows?sig=hunter2'],
    ['FHIRWATCH_PROBE_PROXY', 'http://me:hunter2@proxy.example:99999'],
    ['AzureWebJobsStorage__blobServiceUri', 'https://me:hunter2@store.example'],
    ['AzureWebJobsStorage__blobServiceUri', 'https://store.example/?sv=1&sig=hunter2'],
  ])('%s is refused without showing what it holds', (name, value) => {
    const [problem = ''] = problemsOf({ [name]: value });

    expect(problem).toContain(name);
    expect(problem).not.toContain('hunter2');
  });

  test('a control character in a value stays escaped', () => {
    expect(problemsOf({ FHIRWATCH_CLOUD: 'A\u001b[31m\nB' })[0]).toContain('"A\\u001b[31m\\nB"');
  });

  test.each([
    'https://a.example/path',
    'https://a.example?x=1',
    'https://me@a.example',
    'a.example',
    'ftp://a.example',
  ])('an endpoint %s is refused', (value) => {
    expect(problemsOf({ FHIRWATCH_RESOURCE_MANAGER_ENDPOINT: value })).toHaveLength(1);
  });
});

describe('clouds', () => {
  test('each has its own names, and none is simulated by itself', () => {
    expect(settingsOf({ FHIRWATCH_CLOUD: 'AzureUSGovernment' })).toMatchObject({
      cloud: { healthSuffix: 'azurehealthcareapis.us', simulated: false },
      authorityHost: 'https://login.microsoftonline.us',
    });
    expect(new Set(Object.values(clouds).map(({ resourceManager }) => resourceManager)).size).toBe(3);
  });

  test.each(['RESOURCE_MANAGER', 'LOGS', 'METRICS', 'GRAPH'])(
    'an overridden %s endpoint makes the run simulated',
    (name) => {
      const { cloud } = settingsOf({ [`FHIRWATCH_${name}_ENDPOINT`]: 'https://127.0.0.1:4431/' });

      expect(cloud.simulated).toBe(true);
      expect(Object.values(cloud)).toContain('https://127.0.0.1:4431');
      expect(cloud.resourceManagerAudience).toBe('https://management.azure.com');
    },
  );

  test('a metrics endpoint may hold the region', () => {
    expect(settingsOf({ FHIRWATCH_METRICS_ENDPOINT: 'https://{region}.metrics.example' }).cloud.metrics).toBe(
      'https://{region}.metrics.example',
    );
  });

  test('a probe proxy makes the run simulated', () => {
    expect(settingsOf({ FHIRWATCH_PROBE_PROXY: 'http://127.0.0.1:3128' })).toMatchObject({
      probeProxy: 'http://127.0.0.1:3128',
      cloud: { simulated: true, resourceManager: 'https://management.azure.com' },
    });
  });
});

describe('storage', () => {
  test('a connection string wins', () => {
    expect(settingsOf({ AzureWebJobsStorage: 'UseDevelopmentStorage=true' }).storage).toEqual({
      kind: 'connection-string',
      connectionString: 'UseDevelopmentStorage=true',
    });
  });

  test('an account name gives the addresses of its cloud', () => {
    const environment = { AzureWebJobsStorage__accountName: 'stwatch', FHIRWATCH_CLOUD: 'AzureUSGovernment' };

    expect(settingsOf(environment).storage).toEqual({
      kind: 'identity',
      blobServiceUri: 'https://stwatch.blob.core.usgovcloudapi.net',
      queueServiceUri: 'https://stwatch.queue.core.usgovcloudapi.net',
      tableServiceUri: 'https://stwatch.table.core.usgovcloudapi.net',
    });
  });

  test('half a description is refused, naming the other half', () => {
    expect(problemsOf({ AzureWebJobsStorage__blobServiceUri: 'https://a.blob.core.windows.net' })[0]).toMatch(
      /^AzureWebJobsStorage__queueServiceUri and AzureWebJobsStorage__tableServiceUri is not set/,
    );
  });
});

describe('Application Insights', () => {
  const connectionString = `InstrumentationKey=${guid};IngestionEndpoint=https://a.example/`;

  test('its key signs in unless an identity is named', () => {
    expect(settingsOf({ APPLICATIONINSIGHTS_CONNECTION_STRING: connectionString }).applicationInsights).toEqual({
      connectionString,
      authentication: { kind: 'key' },
    });
  });

  test('a user-assigned identity is known by its client id', () => {
    const environment = {
      APPLICATIONINSIGHTS_CONNECTION_STRING: connectionString,
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: `Authorization=AAD;ClientId=${guid}`,
    };

    expect(settingsOf(environment).applicationInsights?.authentication).toEqual({ kind: 'identity', clientId: guid });
  });
});

describe('DNS servers', () => {
  test.each([
    ['10.0.0.4', ['10.0.0.4:53']],
    ['10.0.0.4:5353, 10.0.0.5', ['10.0.0.4:5353', '10.0.0.5:53']],
    ['::1', ['[::1]:53']],
    ['[::1]:5353', ['[::1]:5353']],
    ['[fd00::4]', ['[fd00::4]:53']],
  ])('%s', (value, servers) => {
    expect(settingsOf({ FHIRWATCH_DNS_SERVERS: value }).dnsServers).toEqual(servers);
  });

  test.each(['10.0.0', '10.0.0.4:0', '10.0.0.4:70000', '10.0.0.4:', '[::1', 'a.example', '10.0.0.4,,10.0.0.5'])(
    '%s is refused',
    (value) => {
      expect(problemsOf({ FHIRWATCH_DNS_SERVERS: value })).toHaveLength(1);
    },
  );
});

describe('schedules', () => {
  test('a valid one is bound by its name, so that changing it needs no deployment', () => {
    expect(settingsOf({ FHIRWATCH_SCHEDULE_NETWORK: '0 */10 * * * *' }).schedules.network).toEqual({
      expression: '0 */10 * * * *',
      binding: '%FHIRWATCH_SCHEDULE_NETWORK%',
      intervalSeconds: 600,
    });
  });

  test('an invalid one keeps the default and is told, and stops nothing', () => {
    const { schedules, remarks } = settingsOf({ FHIRWATCH_SCHEDULE_AUDIT: '*/5 * * * *' });

    expect(schedules.audit.binding).toBe('0 */15 * * * *');
    expect(remarks).toEqual([
      'FHIRWATCH_SCHEDULE_AUDIT is "*/5 * * * *": it has 5 fields, not six with the seconds first. The default 0 */15 * * * * holds.',
    ]);
  });

  test.each([
    ['0 */5 * * * *', 300],
    ['*/20 * * * * *', 20],
    ['0 0 6-18/2 * * *', 12 * 3600],
    ['0 0 6 * * MON-FRI', 3 * 86_400],
    ['0 0 6 1 JAN,jul *', 184 * 86_400],
    ['0 0 0 29 2 *', 1461 * 86_400],
    ['0 7,37 * * * *', 1800],
  ])('%s runs at least every %d seconds', (expression, intervalSeconds) => {
    expect(readSchedule(expression)).toEqual({ ok: true, intervalSeconds });
  });

  test.each([
    '* * * * *',
    '60 * * * * *',
    '0 * 24 * * *',
    '0 0 0 0 * *',
    '0 0 0 * 13 *',
    '0 0 0 * * 7',
    '0 0 0 L * *',
    '0 5/10 * * * *',
    '0 */0 * * * *',
    '0 30-10 * * * *',
    '0 0 0 * * FOO',
    '0 0 0 30 2 *',
    '@daily',
    '00:05:00',
    '0 , * * * *',
  ])('%s is no schedule', (expression) => {
    expect(readSchedule(expression).ok).toBe(false);
  });
});

test('a Key Vault reference that was not resolved is a setting without value, told as a remark', () => {
  const reference = '@Microsoft.KeyVault(SecretUri=https://vault.vault.azure.net/secrets/teams)';
  const read = readSettings({ FHIRWATCH_TEAMS_WORKFLOW_URL: reference });
  expect(read).toMatchObject({
    ok: true,
    settings: { remarks: [expect.stringContaining('FHIRWATCH_TEAMS_WORKFLOW_URL')] },
  });
  expect(read.ok && read.settings.teamsWorkflowUrl).toBeUndefined();
});

test('the authentication string is read in either order', () => {
  const id = '051be183-4712-560b-ade3-c82db193d2b6';
  for (const text of [`Authorization=AAD;ClientId=${id}`, `ClientId=${id};Authorization=AAD`]) {
    const read = readSettings({
      APPLICATIONINSIGHTS_CONNECTION_STRING: `InstrumentationKey=${id}`,
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: text,
    });
    expect(read).toMatchObject({
      settings: { applicationInsights: { authentication: { kind: 'identity', clientId: id } } },
    });
  }
});
