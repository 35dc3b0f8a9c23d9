import { parseArgs } from 'node:util';
import {
  baseline,
  baselineActions,
  doctor,
  exportEstate,
  type ScanFormat,
  type ScanOutput,
  scan,
  scanChoices,
  type Terminal,
} from './app.ts';

const usage = `fhirwatch scan [options]

One sweep with the caller's own credentials; the report goes to stdout.

  --policy FILE        the policy (default: FHIRWATCH_POLICY, else ./fhirwatch.yaml)
  --format FORMAT      ${scanChoices.formats.join(' | ')} (default: table); FORMAT=FILE writes it to a file; repeatable
  --output FILE        writes the first format to FILE instead of stdout
  --family NAME        ${scanChoices.families.join(' | ')}; repeatable
  --check ID           one check; repeatable
  --fail-on SEVERITY   critical | high | medium | low | never (default: high)
  --quiet              no progress on stderr

fhirwatch export [options]

Writes what a scan reads as an estate file, to be replayed with npm run sandbox -- scan FILE, and shared. Without names of people.

  --policy FILE        the policy (default: FHIRWATCH_POLICY, else ./fhirwatch.yaml)
  --output FILE        writes to FILE instead of stdout
  --hash-ids           also hides ids, names of resources and host names, each behind the same pseudonym everywhere
  --quiet              no progress on stderr

fhirwatch baseline show | diff | accept [options]

Asks the deployed app, with the caller's own Entra token: what was accepted, what differs, or to accept what is in order now.

  --url ADDRESS        of the deployed app (default: FHIRWATCH_URL)
  --audience URI       what the token is for (default: FHIRWATCH_AUDIENCE, else the address)
  --service NAME       id, key or name; repeatable
  --check ID           one check; repeatable
  --format FORMAT      table | json (default: table)

fhirwatch doctor [options]

Checks the deployed app from outside, with the caller's own Entra token: health, refusal of callers who are not signed in,
the report, vantage, coverage, sweeps, the app's own permissions, its heartbeat in the log workspace.

  --url ADDRESS        of the deployed app (default: FHIRWATCH_URL)
  --audience URI       what the token is for (default: FHIRWATCH_AUDIENCE, else the address)
  --test-alert         sends a test alert to everybody whom alerts page, and waits until it is back, at most 15 minutes

Exit codes of a scan: 1 a failing finding at or above --fail-on, 2 something unknown or nothing to see, 0 in order, 3 could not run.
Of export: 2 something unknown, so it will be in the replay, or nothing to see; 0; 3 could not run.
Of doctor: 1 something FAIL, else 2 something unknown, else 0; 3 could not run. Of baseline: 0, or 3.
`;

const options = {
  policy: { type: 'string' },
  format: { type: 'string', multiple: true },
  output: { type: 'string' },
  family: { type: 'string', multiple: true },
  check: { type: 'string', multiple: true },
  'fail-on': { type: 'string' },
  quiet: { type: 'boolean' },
  url: { type: 'string' },
  audience: { type: 'string' },
  service: { type: 'string', multiple: true },
  'hash-ids': { type: 'boolean' },
  'test-alert': { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parse>['values'];

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
}

// The report must be out before the process ends, and nothing that still hangs in the network may hold it open.
void main(process.argv.slice(2)).then((code) => process.stdout.write('', () => process.exit(code)));

async function main(args: readonly string[]): Promise<number> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return refuse([error instanceof Error ? error.message : 'the arguments could not be read']);
  }
  const [command, ...rest] = parsed.positionals;
  if (parsed.values.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (command === 'baseline') return runBaseline(rest, parsed.values);
  if (command === 'doctor') return runDoctor(rest, parsed.values);
  if (command === 'export') return runExport(rest, parsed.values);
  if (command !== 'scan')
    return refuse([
      `expected the command scan, export, baseline or doctor, saw ${command === undefined ? 'none' : JSON.stringify(command)}`,
    ]);
  const { chosen, problems } = choose(parsed.values);
  problems.push(...foreign(parsed.values, ['url', 'audience', 'service', 'hash-ids', 'test-alert'], 'scan'));
  if (rest.length > 0)
    problems.push(`scan takes no further argument, saw ${rest.map((arg) => JSON.stringify(arg)).join(' ')}`);
  if (problems.length > 0) return refuse(problems);
  return scan(chosen, terminal(parsed.values));
}

function terminal(values: Values): Terminal {
  return {
    env: process.env,
    write: (text) => void process.stdout.write(text),
    color: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
    progress: process.stderr.isTTY && !values.quiet ? (text) => void process.stderr.write(`${text}\n`) : () => {},
    complain: (text) => void process.stderr.write(`${text}\n`),
  };
}

async function runBaseline(rest: readonly string[], values: Values): Promise<number> {
  const [given, ...more] = rest;
  const action = baselineActions.find((one) => one === given);
  const [format = 'table', ...formats] = values.format ?? [];
  const problems = foreign(values, ['policy', 'output', 'family', 'fail-on', 'hash-ids', 'test-alert'], 'baseline');
  if (more.length > 0)
    problems.push(`baseline takes one word, saw ${more.map((arg) => JSON.stringify(arg)).join(' ')} too`);
  if ((format !== 'table' && format !== 'json') || formats.length > 0) {
    problems.push(`--format: expected table or json once, saw ${[format, ...formats].join(' ')}`);
  }
  if (action === undefined)
    problems.push(`baseline: expected one of ${baselineActions.join(', ')}, saw ${given ?? 'none'}`);
  if (action === undefined || problems.length > 0) return refuse(problems);
  const { url, audience, service = [], check = [] } = values;
  return baseline(
    { action, url, audience, services: service, checks: check, json: format === 'json' },
    terminal(values),
  );
}

async function runDoctor(rest: readonly string[], values: Values): Promise<number> {
  const others = ['policy', 'format', 'output', 'family', 'check', 'fail-on', 'service', 'hash-ids'] as const;
  const problems = foreign(values, others, 'doctor');
  if (rest.length > 0)
    problems.push(`doctor takes no further argument, saw ${rest.map((arg) => JSON.stringify(arg)).join(' ')}`);
  if (problems.length > 0) return refuse(problems);
  const { url, audience, 'test-alert': testAlert = false } = values;
  return doctor({ url, audience, testAlert }, terminal(values));
}

async function runExport(rest: readonly string[], values: Values): Promise<number> {
  const others = ['format', 'family', 'check', 'fail-on', 'url', 'audience', 'service', 'test-alert'] as const;
  const problems = foreign(values, others, 'export');
  if (rest.length > 0)
    problems.push(`export takes no further argument, saw ${rest.map((arg) => JSON.stringify(arg)).join(' ')}`);
  if (problems.length > 0) return refuse(problems);
  const { policy, output, 'hash-ids': hashIds = false } = values;
  return exportEstate({ policyFile: policy, file: output, hashIds }, terminal(values));
}

/** Options of another command: an option that is not obeyed must not look as if it were. */
function foreign(values: Values, names: readonly (keyof Values)[], command: string): string[] {
  return names.filter((name) => values[name] !== undefined).map((name) => `--${name}: not an option of ${command}`);
}

/** Every argument that is wrong, at once. */
function choose(values: Values): { chosen: Parameters<typeof scan>[0]; problems: string[] } {
  const problems: string[] = [];
  const pick = <T extends string>(option: string, seen: string, allowed: readonly T[]): readonly T[] => {
    const found = allowed.find((choice) => choice === seen);
    if (found === undefined)
      problems.push(`--${option}: expected one of ${allowed.join(', ')}, saw ${JSON.stringify(seen)}`);
    return found === undefined ? [] : [found];
  };
  const outputs = (values.format ?? ['table']).flatMap((given, index): readonly ScanOutput[] => {
    const [name = '', ...file] = given.split('=');
    const path = file.length > 0 ? file.join('=') : index === 0 ? values.output : undefined;
    return pick('format', name, scanChoices.formats).map((format: ScanFormat) => ({ format, file: path }));
  });
  const [failOn] = pick('fail-on', values['fail-on'] ?? 'high', scanChoices.severities);
  return {
    chosen: {
      policyFile: values.policy,
      outputs,
      families: (values.family ?? []).flatMap((name) => pick('family', name, scanChoices.families)),
      checks: (values.check ?? []).flatMap((id) => pick('check', id, scanChoices.checks)),
      failOn: failOn ?? 'high',
    },
    problems,
  };
}

function refuse(problems: readonly string[]): number {
  process.stderr.write(`${problems.map((problem) => `fhirwatch: ${problem}`).join('\n')}\n\n${usage}`);
  return 3;
}
