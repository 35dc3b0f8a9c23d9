/** The sandbox's command line (INTERFACES, section 1): scan, serve, query, drifts. */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadEstate } from './command-line/load-estate.ts';
import { drifts } from './drifts.ts';
import { namedEstates } from './estates/index.ts';
import type { TrafficOptions } from './limits.ts';

const usage = `npm run sandbox -- COMMAND

  scan ESTATE [scan options]     a scan of that estate; stdout carries the report alone
  serve ESTATE                   runs the sandbox and prints its endpoints and environment as one line of JSON;
                                 --limits: Azure's own limits hold, --latency MS: every call takes so long
  query ESTATE WORKSPACE 'KQL'   one query through the pretend Log Analytics
  query ESTATE --graph 'KQL'     the same through Resource Graph
  drifts                         the named drifts

ESTATE is an estate file, or one of ${Object.keys(namedEstates).join(', ')}.
`;

// Saves a third of the start; where the folder cannot be written there is simply no cache.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/sandbox', import.meta.url)));
process.exitCode = await main(process.argv.slice(2));

/** The exit code; 3 means that nothing could be run. */
async function main([command, source, ...rest]: readonly string[]): Promise<number> {
  if (command === undefined || command === '--help' || command === 'help') {
    process.stdout.write(usage);
    return command === undefined ? 3 : 0;
  }
  if (command === 'drifts') {
    if (source !== undefined) return refuse(['drifts takes no argument']);
    const width = Math.max(...drifts.map(({ name }) => name.length));
    process.stdout.write(drifts.map(({ name, what }) => `${name.padEnd(width)}  ${what}\n`).join(''));
    return 0;
  }
  if (command !== 'scan' && command !== 'serve' && command !== 'query')
    return refuse([`there is no command ${JSON.stringify(command)}; there are scan, serve, query, drifts`]);
  if (source === undefined) return refuse([`${command} needs an estate: a file, or the name of an estate`]);
  const traffic = command === 'serve' ? readTraffic(rest) : {};
  if (traffic === undefined) return refuse(['serve takes the estate and nothing else but --limits and --latency MS']);
  const loaded = loadEstate(source);
  if (!loaded.ok) return refuse(loaded.problems);
  // Each command loads only what it runs on: a scan is to start quickly.
  if (command === 'scan') return (await import('./command-line/scan.ts')).scan(loaded.estate, rest);
  if (command === 'serve') return (await import('./command-line/serve.ts')).serve(loaded.estate, traffic);
  const [where, kql, ...more] = rest;
  if (where === undefined || kql === undefined || more.length > 0)
    return refuse(['query needs an estate, a workspace (or --graph), and the query in one argument']);
  const { query } = await import('./command-line/query.ts');
  return query(loaded.estate, where === '--graph' ? undefined : where, kql);
}

/** The options of `serve`; undefined for anything else. */
function readTraffic(args: readonly string[]): TrafficOptions | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { limits: { type: 'boolean' }, latency: { type: 'string' } },
    });
    const { limits = false, latency = '0' } = values;
    return /^\d{1,5}$/.test(latency) ? { limits, latencyMs: Number(latency) } : undefined;
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function refuse(problems: readonly string[]): number {
  for (const problem of problems) process.stderr.write(`sandbox: ${problem}\n`);
  return 3;
}
