/** `npm start`: the sandbox, the local Functions host and a story that shows what the product does (INTERFACES, "The story"). */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { findDrift } from '../drifts.ts';
import { renderCard } from '../monitor/card-text.ts';
import { renderMail } from '../monitor/mail.ts';
import { acceptBaseline, drawPosture, readPosture, troubles } from './posture.ts';
import { openStage, type Stage } from './stage.ts';
import { must, type Narrator, narrator, StoryBroken } from './steps.ts';

const { values } = parseArgs({ options: { once: { type: 'boolean' } } });
process.exitCode = await tell(values.once === true);

async function tell(isOnce: boolean): Promise<number> {
  const told = narrator((text) => void process.stdout.write(text));
  const stopping = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  const stage = await openStage((line) => void process.stderr.write(`${line}\n`));
  try {
    await sandboxIsUp(stage, told);
    await firstSweep(stage, told);
    await openedToTheInternet(stage, told);
    await alerted(stage, told);
    await goneQuiet(stage, told);
    await repaired(stage, told);
    addresses(stage, told);
    if (!isOnce) {
      await stage.host.startTimers();
      told.say('\nSweeping by its timers until Ctrl-C.');
      await stopping;
    }
    return 0;
  } catch (error) {
    if (!(error instanceof StoryBroken)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    return 1;
  } finally {
    await stage.close();
  }
}

async function sandboxIsUp({ sandbox, host }: Stage, { step, say }: Narrator): Promise<void> {
  step(1, 'The sandbox is up: a pretend Azure on this machine');
  const lines = Object.entries(sandbox.endpoints).map(([name, url]) => `${name.padEnd(16)} ${url}`);
  say([...lines, `${'functions'.padEnd(16)} ${host.url} (${host.functions.join(', ')})`].join('\n'));
}

async function firstSweep({ estate, host, sweep }: Stage, { step, say }: Narrator): Promise<void> {
  step(2, `First sweep of ${estate.name}: a clinic in order`);
  await sweep();
  const posture = await readPosture(host);
  say(drawPosture(posture));
  must(posture.totals.fail === 0 && posture.totals.unknown === 0, 'a compliant clinic is known and in order');
  must(posture.totals.pass > 0, 'something was judged');
  const accepted = await acceptBaseline(host);
  must(accepted > 0, 'the operator accepts the baseline');
  say(`baseline accepted: ${accepted} findings, by operator@clinic.example`);
}

async function openedToTheInternet(stage: Stage, { step, say }: Narrator): Promise<void> {
  const drift = findDrift('open-public-access');
  must(drift !== undefined, 'there is a drift open-public-access');
  step(3, drift.what);
  await stage.pass(5);
  stage.sandbox.world.replace(drift.apply(stage.estate, stage.sandbox.world.now()));
  say(`at ${time(stage)}, by mallory@contoso-health.example`);
}

async function alerted(stage: Stage, { step, say }: Narrator): Promise<void> {
  step(4, 'The next sweep sees it, the alert rule fires, a mail and a Teams card arrive');
  await stage.pass(5);
  const found = troubles(await readPosture(stage.host));
  for (const { status, severity, service, check, message } of found) {
    say(`${status.toUpperCase()} ${severity} ${service} ${check}\n    ${message}`);
  }
  must(
    found.some((one) => one.check === 'public-network-access' && one.status === 'fail' && one.severity === 'critical'),
    'the next sweep says that the service is open to the Internet',
  );
  await stage.pass(10);
  const { mails, cards } = stage.monitor;
  const fired = mails.filter(({ condition }) => condition === 'Fired').map(({ subject }) => subject);
  must(fired.length === 1, `one mail for one cause, not ${fired.join(' and ') || 'none'}`);
  must(cards.length === 1, 'one card for one cause');
  for (const mail of mails) say(`\n${renderMail(mail)}`);
  for (const card of cards) say(`\n${renderCard(card)}`);
}

async function goneQuiet(stage: Stage, { step, say }: Narrator): Promise<void> {
  step(5, 'Audit logs go quiet and the resolver stops answering');
  const { world } = stage.sandbox;
  const happens = (name: string): void => {
    const drift = findDrift(name);
    must(drift !== undefined, `there is a drift ${name}`);
    say(drift.what);
    world.replace(drift.apply(world.estate(), world.now()));
  };
  const before = stage.monitor.mails.length;
  happens('silent-audit-logs');
  await stage.pass(10);
  happens('resolver-down');
  await stage.pass(5);
  const posture = await readPosture(stage.host);
  const unknown = troubles(posture).filter(({ status }) => status === 'unknown');
  for (const { service, check, message } of unknown) say(`unknown ${service} ${check}\n    ${message}`);
  must(
    unknown.some(({ check }) => check === 'private-dns-resolution') &&
      unknown.some(({ check }) => check === 'audit-log-failures'),
    'what cannot be seen is unknown, and no pass',
  );
  await stage.pass(15);
  const fired = stage.monitor.mails.slice(before);
  must(fired.length === 2, 'one mail for the quiet logs, one for the resolver');
  for (const mail of fired) say(`mail: ${mail.subject}`);
}

async function repaired(stage: Stage, { step, say }: Narrator): Promise<void> {
  step(6, 'Repaired: resolved exactly once');
  const before = stage.monitor.mails.length;
  stage.sandbox.world.replace(stage.estate);
  await stage.pass(75);
  const posture = await readPosture(stage.host);
  say(drawPosture(posture));
  must(posture.totals.fail === 0, 'the repaired estate is in order again');
  const after = stage.monitor.mails.slice(before);
  for (const mail of after) say(`mail: ${mail.subject}`);
  const counts = (condition: string): number =>
    stage.monitor.mails.filter((mail) => mail.condition === condition).length;
  must(counts('Resolved') === counts('Fired'), 'every alert that fired is resolved, once');
}

function addresses({ host, monitor }: Stage, { step, say }: Narrator): void {
  step(7, 'Addresses to open');
  say(
    [
      `report           ${host.url}/api/report?format=html`,
      `its JSON         ${host.url}/api/report?format=json`,
      `open drifts      ${host.url}/api/drifts`,
      `health           ${host.url}/api/health`,
      `mail and Teams   ${monitor.url}`,
    ].join('\n'),
  );
}

function time({ sandbox }: Stage): string {
  return `${sandbox.world.now().toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
