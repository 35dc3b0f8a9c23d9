/** One scan of many hospitals by the built product in a process of its own, under Azure's limits: what it took and asked. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnProduct } from '../../sandbox/child.ts';
import { queryWorkspace } from '../../sandbox/data-plane/log-query.ts';
import { parseEstate } from '../../sandbox/estate.ts';
import { manyHospitals, storyStart } from '../../sandbox/estates/index.ts';
import { warmUp } from '../../sandbox/resource-graph/service.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { World } from '../../sandbox/types.ts';
import { peakOf, processorSecondsOf } from '../process.ts';
import type { Size } from './minimum.ts';
import { kindOfCall, sizeOf } from './size.ts';

const auditQuery = new URL('../../src/evidence/logs/audit-log-failures.kql', import.meta.url);
const cli = fileURLToPath(new URL('../../dist/cli.cjs', import.meta.url));
export const latencyMs = 50;

export interface Fleet {
  /** five services each */
  readonly workspaces: number;
  readonly subscriptions: number;
  /** share of all answers over HTTP that are 429 */
  readonly throttled: number;
}

export interface Run {
  readonly size: Size;
  readonly wallMs: number;
  /** of the app's process alone */
  readonly processorSeconds: number;
  readonly peakMebibytes: number;
  /** calls by target and, of Resource Manager, by what they ask for */
  readonly calls: ReadonlyMap<string, number>;
  /** calls that Azure's limits refused */
  readonly refused: number;
  /** status by service and check */
  readonly findings: ReadonlyMap<string, string>;
}

const targets = ['resource-manager', 'resource-graph', 'logs', 'metrics', 'directory', 'identity', 'fhir'];

export async function runFleet({ workspaces, subscriptions, throttled }: Fleet): Promise<Run> {
  const faults = targets.map((target) => ({ target, match: '', kind: 'status', status: 429, rate: throttled }));
  const file = manyHospitals(storyStart, { count: workspaces, subscriptions, logHours: 1 });
  const parsed = parseEstate({ ...file, faults: throttled > 0 ? faults : [] }, storyStart);
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  const { estate } = parsed;
  const calls = new Map<string, number>();
  let refused = 0;
  const sandbox = await startSandbox(estate, {
    limits: true,
    latencyMs,
    onRefusal: () => {
      refused += 1;
    },
    onRequest: (target, { path }) => {
      const kind = kindOfCall(target, path);
      calls.set(kind, (calls.get(kind) ?? 0) + 1);
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'fhirwatch-scale-'));
  try {
    warmUpQueries(sandbox.world);
    const report = join(folder, 'report.json');
    const started = performance.now();
    const product = spawnProduct({
      script: cli,
      args: ['scan', '--format', `json=${report}`, '--fail-on', 'never'],
      // without dig, as in the images that Azure Functions run
      env: { ...sandbox.environment, PATH: '/nowhere' },
      clockOffsetMs: sandbox.world.now().getTime() - Date.now(),
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    let peakMebibytes = 0;
    let processorSeconds = 0;
    const timer = setInterval(() => {
      peakMebibytes = Math.max(peakMebibytes, peakOf(product.process.pid));
      processorSeconds = Math.max(processorSeconds, processorSecondsOf(product.process.pid));
    }, 50);
    const code = await product.ended;
    clearInterval(timer);
    const wallMs = performance.now() - started;
    if (code !== 0 && code !== 2) throw new Error(`the scan ended with ${code}`);
    const findings = findingsIn(report);
    return { size: sizeOf(estate), wallMs, processorSeconds, peakMebibytes, calls, refused, findings };
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await sandbox.close();
  }
}

/** A query language that has just been loaded is slow for its first questions, and Azure's has been loaded long ago. */
function warmUpQueries(world: World): void {
  warmUp(world);
  const [workspace = ''] = Object.keys(world.estate().logs);
  const query = readFileSync(auditQuery, 'utf8');
  for (let run = 0; run < 5; run += 1) queryWorkspace(world, workspace, `${query}\n// ${run}`);
}

interface Reported {
  readonly services: readonly {
    readonly id: string;
    readonly findings: readonly { readonly check: string; readonly status: string }[];
  }[];
}

function findingsIn(file: string): ReadonlyMap<string, string> {
  const report = JSON.parse(readFileSync(file, 'utf8')) as Reported;
  return new Map(
    report.services.flatMap(({ id, findings }) =>
      findings.map(({ check, status }): [string, string] => [`${id.toLowerCase()} ${check}`, status]),
    ),
  );
}
