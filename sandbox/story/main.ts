/** `npm start`: the sandbox, the local Functions host and a story that shows what the product does (INTERFACES, "The story"). */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadEstate } from '../command-line/load-estate.ts';
import { drifts } from '../drifts.ts';
import { startHost } from '../host/start.ts';
import { startSandbox } from '../sandbox.ts';
import { auditorOf, drawPosture, readPosture, troubles } from './posture.ts';
import { must, narrator, StoryBroken } from './steps.ts';

const bundle = fileURLToPath(new URL('../../dist/functions.cjs', import.meta.url));
const sweeps = ['sweepNetwork', 'sweepAccess', 'sweepAudit'];

const { values } = parseArgs({ options: { once: { type: 'boolean' } } });
process.exitCode = await tell(values.once === true);

async function tell(isOnce: boolean): Promise<number> {
  const { step, say } = narrator((text) => void process.stdout.write(text));
  const stopping = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  const loaded = loadEstate('compliantClinic');
  if (!loaded.ok) throw new Error(loaded.problems.join('\n'));
  const { estate } = loaded;
  const sandbox = await startSandbox(estate, { app: true });
  try {
    step(1, 'The sandbox is up: a pretend Azure on this machine');
    say(
      Object.entries(sandbox.endpoints)
        .map(([name, url]) => `${name.padEnd(16)} ${url}`)
        .join('\n'),
    );
    const host = await startHost({
      bundle,
      env: { ...sandbox.environment, WEBSITE_AUTH_ENABLED: 'True', WEBSITE_SITE_NAME: 'fhirwatch-story' },
      clockOffsetMs: sandbox.world.now().getTime() - Date.now(),
      caller: auditorOf(estate.tenantId),
      onLog: (line) => {
        if (/error/i.test(line)) process.stderr.write(`${line}\n`);
      },
    });
    try {
      say(`functions        ${host.url}  (${host.functions.join(', ')})`);

      step(2, `First sweep of ${estate.name}: a clinic in order`);
      for (const sweep of sweeps) await host.fire(sweep);
      const first = await readPosture(host);
      say(drawPosture(first));
      must(
        first.totals.fail === 0 && first.totals.unknown === 0,
        'every finding of a compliant clinic is known and in order',
      );
      must(first.totals.pass > 0, 'something was judged');

      const drift = drifts.find(({ name }) => name === 'open-public-access');
      must(drift !== undefined, 'the drift open-public-access exists');
      step(3, drift.what);
      sandbox.world.replace(drift.apply(estate, sandbox.world.now()));
      await host.fire('sweepNetwork');
      const second = await readPosture(host);
      const found = troubles(second);
      for (const { status, severity, service, check, message } of found) {
        say(`${status.toUpperCase()} ${severity} ${service} ${check}\n    ${message}`);
      }
      must(
        found.some(
          ({ check, status, severity }) =>
            check === 'public-network-access' && status === 'fail' && severity === 'critical',
        ),
        'the next sweep says that the service is open to the Internet',
      );

      step(4, 'Repaired, and swept again');
      sandbox.world.replace(estate);
      await host.fire('sweepNetwork');
      const third = await readPosture(host);
      say(drawPosture(third));
      must(third.totals.fail === 0, 'the repaired service is in order again');

      step(5, 'Addresses to open');
      say(
        `report           ${host.url}/api/report?format=html\nits JSON         ${host.url}/api/report?format=json\nhealth           ${host.url}/api/health`,
      );
      if (!isOnce) {
        say('\nSweeping by its timers until Ctrl-C.');
        await stopping;
      }
      return 0;
    } finally {
      await host.close();
    }
  } catch (error) {
    if (!(error instanceof StoryBroken)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    return 1;
  } finally {
    await sandbox.close();
  }
}
