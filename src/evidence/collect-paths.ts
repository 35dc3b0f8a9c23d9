import type { Cloud, DnsAnswer, Gathered, PathOutcome, PrivatePath, PublicPath, Service, Source } from '../model.ts';
import { publicHostOf } from '../rules/host-names.ts';
import { createGate } from './azure/pace.ts';
import { type Batch, type Collected, perService } from './batch.ts';
import { askForOwnHosts } from './collect-dns.ts';
import type { Attempt } from './probe/attempt.ts';
import { createProbeMemory, type Probed, type ProbeMemory } from './probe/memory.ts';
import { probe } from './probe/probe.ts';
import { readWebTests } from './probe/public-path.ts';
import { readAnswered } from './probe/read-answer.ts';

/** Of all batches of this process: each shakes hands anew, and one that starves the others looks like a broken path. */
const inTurn = createGate(50);

/** What can be asked anonymously of each kind (HF 6); others have no page of the kind. */
function pageOf({ kind }: Service): string | undefined {
  if (kind === 'fhirService' || kind === 'apiForFhir') return '/metadata';
  return kind === 'dicomService' ? '/health/check' : undefined;
}

/** One anonymous request to each service, at the address that the private vantage's resolver gives for it. */
export async function collectPrivatePaths(batch: Batch): Promise<Collected<'privatePath'>> {
  const answers = await askForOwnHosts(batch);
  const memory = batch.probing?.memory ?? createProbeMemory();
  return perService(batch.services, async (service) => {
    const path = pageOf(service);
    const host = publicHostOf(service, batch.azure.cloud);
    if (path === undefined || host === undefined) return undefined;
    const dns = answers.get(service.id);
    if (dns === undefined) return undefined;
    if (!dns.ok) return dns;
    const answer = dns.value.hosts.find((one) => one.host === host)?.answer;
    if (answer === undefined) return undefined;
    if (!answer.ok) return { ...answer, detail: `${host} got no answer inside the network: ${answer.detail}` };
    const base = { url: `https://${host}${path}`, networkId: dns.value.vantage.networkId, dns: answer.value };
    return probePath(base, path, answer.sources, { ...batch, memory });
  });
}

type Base = Pick<PrivatePath, 'url' | 'networkId' | 'dns'>;

async function probePath(
  base: Base,
  path: string,
  sources: readonly Source[],
  { probing, memory, signal, now }: Batch & { readonly memory: ProbeMemory },
): Promise<Gathered<PrivatePath>> {
  const { url, dns } = base;
  const addresses = usableAddresses(dns);
  if (addresses.length === 0) {
    if (dns.rcode === 'NOERROR' && dns.incomplete) return { ok: false, ...dns.incomplete, sources };
    return { ok: true, value: { ...base, outcome: { is: 'no-address' } }, sources, direct: true };
  }
  const { proxy, limits } = probing ?? {};
  const bounded = limits === undefined ? {} : { limits };
  const probed = await inTurn(() =>
    probe({ host: dns.host, path, addresses }, { proxy, memory, signal, now, ...bounded }),
  );
  if (probed === undefined) {
    return { ok: false, reason: 'throttled', detail: `${url} was asked as often as an hour allows`, sources };
  }
  const { address } = probed;
  const read = [...sources, sourceOf(url, probed)];
  const outcome = outcomeOf(probed.attempt);
  if (!('is' in outcome))
    return { ok: false, ...outcome, detail: `GET ${url} at ${address}: ${outcome.detail}`, sources: read };
  return { ok: true, value: { ...base, address, outcome }, sources: read, direct: true };
}

/** NXDOMAIN holds for every type: what else stands in such an answer is nobody's address. */
function usableAddresses({ rcode, addresses }: DnsAnswer): readonly string[] {
  return rcode === 'NXDOMAIN' ? [] : addresses;
}

function outcomeOf(
  attempt: Attempt,
): PathOutcome | { readonly reason: 'throttled' | 'unreachable' | 'malformed'; readonly detail: string } {
  switch (attempt.is) {
    case 'answer':
      if (attempt.status === 429) return { reason: 'throttled', detail: 'HTTP 429, after retries' };
      if (attempt.status === 200 && attempt.body === undefined) {
        return { reason: 'malformed', detail: 'the answer is larger than any capability statement' };
      }
      return readAnswered(attempt);
    case 'own-failure':
      return { reason: 'unreachable', detail: attempt.problem };
    case 'refused':
    case 'timed-out':
    case 'reset':
      return { is: attempt.is };
    default:
      return attempt;
  }
}

function sourceOf(url: string, { attempt, address, at }: Probed): Source {
  const header =
    attempt.is === 'answer' ? (attempt.headers['x-request-id'] ?? attempt.headers['x-ms-request-id']) : undefined;
  const requestId = typeof header === 'string' && /^[\w.:-]{1,100}$/.test(header) ? { requestId: header } : {};
  return { source: `GET ${url} at ${address}, without a token`, ...requestId, at };
}

/** so many host names keep a query far below Azure's limit of its length */
const hostsPerQuery = 500;

/** What the Internet gets of each service, as the web tests from outside reported it; asked for all services at once. */
export async function collectPublicPathResults(batch: Batch): Promise<Collected<'publicPath'>> {
  const { azure, probing, services, together = services, signal } = batch;
  const workspace = probing?.telemetryWorkspace;
  const questions = questionsOf(together, azure.cloud);
  return perService<PublicPath>(services, async (service) => {
    const host = publicPageHost(service, azure.cloud);
    const question = host === undefined ? undefined : questions.get(host);
    if (host === undefined || question === undefined) return undefined;
    if (workspace === undefined) return noPublicVantage;
    const tests = await batch.onceForSweep(question.key, () => readWebTests(question.hosts, workspace, azure, signal));
    return tests.ok ? { ...tests, value: { host, results: tests.value.get(host) ?? [] } } : tests;
  });
}

const noPublicVantage: Gathered<never> = {
  ok: false,
  reason: 'no-vantage',
  detail:
    'no public vantage: FHIRWATCH_TELEMETRY_WORKSPACE does not name the workspace that holds the results of web tests from outside',
  sources: [],
};

interface Question {
  readonly key: string;
  readonly hosts: readonly string[];
}

const known = new WeakMap<readonly Service[], ReadonlyMap<string, Question>>();

/** By host, with which others it is asked for. */
function questionsOf(services: readonly Service[], cloud: Cloud): ReadonlyMap<string, Question> {
  const before = known.get(services);
  if (before) return before;
  const hosts = [...new Set(services.flatMap((service) => publicPageHost(service, cloud) ?? []))].sort();
  const chunks = Map.groupBy(hosts.keys(), (place) => Math.floor(place / hostsPerQuery));
  const questions = [...chunks.values()].map((places) => {
    const asked = places.map((place) => hosts[place] ?? '');
    return { key: `web tests ${asked.join()}`, hosts: asked };
  });
  const byHost = new Map(questions.flatMap((question) => question.hosts.map((host) => [host, question] as const)));
  known.set(services, byHost);
  return byHost;
}

function publicPageHost(service: Service, cloud: Cloud): string | undefined {
  return pageOf(service) === undefined ? undefined : publicHostOf(service, cloud);
}
