import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { families } from '../../src/app/families.ts';
import { readSettings } from '../../src/settings.ts';
import { rules } from './alert-rules.ts';
import {
  bicepFiles,
  infra,
  literal,
  loadsOf,
  localNames,
  parseTemplate,
  propertiesOf,
  propertyOf,
  readTemplate,
  references,
  type Template,
  walk,
} from './bicep.ts';
import { openTypes } from './resource-types.ts';

const templates = new Map(bicepFiles.map((file) => [file, readTemplate(file)]));
const types = fileURLToPath(new URL('../../../shared/reference/resource-types', import.meta.url));
const hasTypes = existsSync(types);
const text = (file: string): string => readFileSync(join(infra, file), 'utf8');

function template(file: string): Template {
  const found = templates.get(file);
  if (!found) throw new Error(`there is no ${file}`);
  return found;
}

/** Everything that is wrong with a template by itself and with the modules it names; Bicep would refuse each. */
function problemsOf(one: Template, others: ReadonlyMap<string, Template>): readonly string[] {
  const problems = [...one.errors];
  const say = (what: string) => problems.push(`${one.file}: ${what}`);
  const read = references(one);
  const symbols = [...one.resources, ...one.modules].map(({ symbol }) => symbol);
  for (const { name } of one.parameters) if (!read.includes(name)) say(`parameter ${name} is not used`);
  for (const name of one.variables.keys()) if (!read.includes(name)) say(`variable ${name} is not used`);
  const names = new Set([
    ...symbols,
    ...one.variables.keys(),
    ...one.parameters.map(({ name }) => name),
    ...localNames(one),
  ]);
  const called = new Set(
    [...walk(one.root)].filter(({ type }) => type === 'call_expression').map((node) => node.namedChildren[0]?.text),
  );
  for (const name of read) if (!names.has(name) && !called.has(name)) say(`${name} is not declared`);
  for (const { call, path } of loadsOf(one)) {
    if (path === undefined) say(`${call}: the path must be a literal`);
    else if (!existsSync(join(infra, one.file, '..', path))) say(`${path} does not exist`);
  }
  for (const { symbol, file, body } of one.modules) {
    const target = others.get(file);
    if (!target) {
      say(`module ${symbol}: there is no ${file}`);
      continue;
    }
    const params = propertyOf(body, 'params');
    const given = params ? propertiesOf(params).map(({ name }) => name) : [];
    const known = target.parameters.map(({ name }) => name);
    for (const name of given)
      if (name === undefined || !known.includes(name)) say(`module ${symbol}: ${file} has no parameter ${name}`);
    for (const { name, required } of target.parameters) {
      if (required && !given.includes(name)) say(`module ${symbol}: parameter ${name} of ${file} is missing`);
    }
    for (const [, output = ''] of one.text.matchAll(new RegExp(`\\b${symbol}!?\\.outputs\\.(\\w+)`, 'g'))) {
      if (!target.outputs.includes(output)) say(`module ${symbol}: ${file} has no output ${output}`);
    }
  }
  return problems;
}

test.each(bicepFiles)('%s is whole: it parses, uses what it declares, and its modules and files are there', (file) => {
  expect(problemsOf(template(file), templates)).toEqual([]);
});

test('every file of modules and fleet is somebody’s module or a start', () => {
  const used = new Set([...templates.values()].flatMap(({ modules }) => modules.map(({ file }) => file)));
  const starts = ['fleet/management-group.bicep', 'fleet/subscription.bicep', 'main.bicep'];
  expect(bicepFiles.filter((file) => !used.has(file))).toEqual(starts);
});

test('nothing comes from a registry: every property stands here', () => {
  for (const { text: source } of templates.values()) expect(source).not.toMatch(/\bbr(\/\w+)?:|\bts(\/\w+)?:/);
});

// Published types are reference data beside the repository. Where they are not at hand a person is told and CI fails.
if (!hasTypes) console.warn(`SKIPPED: the templates are not held against Azure’s types, which are not at ${types}.`);
describe.runIf(hasTypes || process.env.CI === 'true')('against Azure’s published types', () => {
  test('the types are at hand', () => {
    expect([types, hasTypes]).toEqual([types, true]);
  });

  test.each(bicepFiles)('%s sets what exists, nothing read-only, and all that is required', (file) => {
    const one = template(file);
    const published = openTypes(types);
    expect(one.resources.flatMap((resource) => published.check(one, resource))).toEqual([]);
  });

  test('each kind of mistake is seen', () => {
    const published = openTypes(types);
    const check = (type: string, body: string) => {
      const one = parseTemplate('x.bicep', `param n int\nresource r '${type}' = {\n${body}\n}\n`);
      return one.resources
        .flatMap((resource) => published.check(one, resource))
        .map((problem) => problem.replace('x.bicep: r: ', ''));
    };
    const storage = 'Microsoft.Storage/storageAccounts@2024-01-01';
    const good = "name: 'a'\nlocation: 'x'\nkind: 'StorageV2'\nsku: {\n name: 'Standard_LRS'\n}\n";
    expect(check(storage, good)).toEqual([]);
    expect(check('Microsoft.Storage/storageAccounts@1999-01-01', good)[0]).toContain('there is no');
    expect(check('Microsoft.storage/storageAccounts@2024-01-01', good)[0]).toContain('is spelt');
    expect(check(storage, good.replace("location: 'x'\n", ''))).toEqual(['.location is missing']);
    expect(check(storage, `${good}properties: {\n allowSharedKeys: false\n}`)).toEqual([
      'properties.allowSharedKeys does not exist',
    ]);
    expect(check(storage, `${good}properties: {\n #disable-next-line BCP037\n allowSharedKeys: false\n}`)).toEqual([]);
    expect(check(storage, `${good}properties: {\n allowSharedKeyAccess: 'no'\n}`)).toEqual([
      'properties.allowSharedKeyAccess is of type string, not boolean',
    ]);
    expect(check(storage, `${good}properties: {\n minimumTlsVersion: n\n}`)).toEqual([
      'properties.minimumTlsVersion is of type number, not string',
    ]);
    expect(check(storage, `${good}properties: {\n minimumTlsVersion: n > 1 ? 'TLS1_2' : 'TLS9'\n}`)[0]).toContain(
      "is 'TLS9'",
    );
    expect(check(storage, `${good}properties: {\n provisioningState: 'Succeeded'\n}`)).toEqual([
      'properties.provisioningState is read-only',
    ]);
    expect(check('Microsoft.Web/sites/config@2024-11-01', "name: 'authSettings9'")[0]).toContain('authsettingsV2');
  });
});

test('main.parameters.json names parameters that exist, and every one that is required', () => {
  const { parameters } = template('main.bicep');
  const given = Object.keys((JSON.parse(text('main.parameters.json')) as { parameters: object }).parameters);
  expect(given.filter((name) => !parameters.some((one) => one.name === name))).toEqual([]);
  expect(parameters.filter((one) => one.required && !given.includes(one.name))).toEqual([]);
});

describe('no secret', () => {
  test.each(bicepFiles)('%s holds none and asks Azure for none', (file) => {
    const source = text(file).replace(/\/\/.*$/gm, '');
    expect(source).not.toMatch(/\blist(Keys|Secrets|AccountSas|ServiceSas|Credentials)?\(|\.list\w*\(/i);
    expect(source).not.toMatch(/AccountKey=|SharedAccess|sig=|password|InstrumentationKey=/i);
    expect(source).not.toMatch(/@secure\(\)|vaults\/secrets@|getSecret\(/);
    expect(source.match(/[A-Za-z0-9+/]{40,}={0,2}/g)?.filter((text) => /\d/.test(text)) ?? []).toEqual([]);
  });
});

describe('app settings', () => {
  const settings = JSON.parse(text('settings.json')) as Record<'platform' | 'notDeployed', Record<string, string>>;
  const resource = template('modules/app.bicep').resources.find(({ symbol }) => symbol === 'settings');
  const body = resource && propertyOf(resource.body, 'properties');
  const deployed = body ? propertiesOf(body).map(({ name }) => name ?? '') : [];

  /** The names that the code asks its environment for, as it asks. */
  function readByCode(): readonly string[] {
    const names = new Set<string>();
    const environment = new Proxy<Record<string, string | undefined>>(
      {},
      { get: (_, name) => void names.add(String(name)) },
    );
    readSettings(environment);
    for (const file of ['connect', 'principal', 'service']) {
      const source = readFileSync(new URL(`../../src/app/${file}.ts`, import.meta.url), 'utf8');
      for (const [, name = ''] of source.matchAll(/\benvironment\.([A-Z]\w+)/g)) names.add(name);
    }
    return [...names].sort();
  }

  test('are what the code reads and one written list of platform settings, no more and no less', () => {
    const left = new Set(Object.keys(settings.notDeployed));
    const wanted = [...readByCode().filter((name) => !left.has(name)), ...Object.keys(settings.platform)];
    expect([...deployed].sort()).toEqual([...new Set(wanted)].sort());
    expect([...left].filter((name) => !readByCode().includes(name))).toEqual([]);
  });

  test('are ones that the code accepts', () => {
    const guid = '11111111-1111-4111-8111-111111111111';
    const values: Readonly<Record<string, string>> = {
      identityClientId: guid,
      blobEndpoint: 'https://s.blob.core.windows.net/',
      queueEndpoint: 'https://s.queue.core.windows.net/',
      tableEndpoint: 'https://s.table.core.windows.net/',
      connectionString: `InstrumentationKey=${guid};IngestionEndpoint=https://x.in.applicationinsights.azure.com/`,
      'tenant().tenantId': guid,
      'environment().name': 'AzureCloud',
      workspaceId: `/subscriptions/${guid}/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w`,
      dnsServers: '10.0.0.4',
      'string(historyDays)': '2190',
    };
    const given = Object.fromEntries(
      propertiesOf(body ?? template('modules/app.bicep').root).map(({ name, value }) => [
        name ?? '',
        literal(value) ??
          values[value.text] ??
          value.text.replace(/^'(.*)\$\{(\w+)\}'$/, (_, start, name) => `${start}${values[name]}`),
      ]),
    );
    for (const name of Object.keys(given)) if (/^FHIRWATCH_(SCHEDULE|TEAMS)/.test(name)) given[name] = '';
    const read = readSettings(given);
    expect(read.ok ? read.settings.storage?.kind : read.problems).toBe('identity');
    expect(read.ok && read.settings.applicationInsights?.authentication).toEqual({ kind: 'identity', clientId: guid });
    expect(read.ok && read.settings.remarks).toEqual([]);
  });
});

describe('what the deployment promises', () => {
  test('only health is excluded from sign-in', () => {
    const source = text('modules/app.bicep');
    expect(source).toMatch(/excludedPaths: \[\s+'\/api\/health'\s+\]/);
    expect(source).toContain('requireAuthentication: true');
    expect(source).toMatch(/functionsRuntimeAdminIsolationEnabled: true/);
  });

  test('storage knows no keys, telemetry no local authentication', () => {
    expect(text('modules/storage.bicep')).toContain('allowSharedKeyAccess: false');
    expect(text('modules/monitoring.bicep')).toMatch(/DisableLocalAuth: true[\s\S]*/);
    expect(text('modules/monitoring.bicep')).toContain('disableLocalAuth: true');
  });

  test('every query file of the rules is loaded under its own name', () => {
    const { text: source } = template('modules/alerts.bicep');
    const loaded = [...source.matchAll(/'([\w-]+\.kql)': loadTextContent\('\.\.\/alerts\/([\w-]+\.kql)'\)/g)];
    expect(loaded.filter(([, key, file]) => key !== file)).toEqual([]);
    expect(loaded.map(([, key]) => key).sort()).toEqual([...new Set(rules.map(({ kql }) => kql))].sort());
    const used = new Set([...source.matchAll(/\brule\.(\w+)/g)].map(([, field]) => field));
    const fields = Object.keys(rules[0] ?? {});
    expect(fields.filter((field) => !used.has(field))).toEqual([]);
    expect([...used].filter((field) => !fields.includes(field ?? ''))).toEqual([]);
  });

  test('web tests from outside are few and rare: no retry, one place, every 15 minutes, expecting 403', () => {
    const [, outside = ''] = text('modules/web-tests.bicep').split('resource outside');
    expect(outside).toMatch(/Frequency: 900/);
    expect(outside).toMatch(/RetryEnabled: false/);
    expect(outside).toMatch(/ExpectedHttpStatusCode: 403/);
    expect(outside).toMatch(/Locations: \[\s+\{\s+Id: publicProbeLocation\s+\}\s+\]/);
    const hosts = template('main.bicep').parameters.find(({ name }) => name === 'publicProbeHosts');
    expect(hosts?.decorators).toContain('@maxLength(99)');
    // the network timer and the hourly smart-configuration, with four of these, stay within 18 requests an hour
    const perHour = 3600 / 900 + 12 + 1;
    expect(perHour).toBeLessThanOrEqual(18);
  });

  test('a schedule can be set for every family', () => {
    const schedules = template('main.bicep').parameters.find(({ name }) => name === 'schedules');
    for (const family of families) expect(schedules?.type).toContain(`${family}: string?`);
  });
});
