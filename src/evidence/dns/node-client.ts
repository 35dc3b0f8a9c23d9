import { Resolver } from 'node:dns/promises';
import { type Asked, bareName, type DnsClient, isHostName, LONGEST_CHAIN, type QuestionType } from './answer.ts';
import { type DnsClientOptions, makeDnsClient, type Patience, withPatience } from './resolver.ts';

/** Resolves with Node's own resolver (c-ares); it shows no aliases, so they are asked for hop by hop. */
export function nodeClient(servers: readonly string[], options?: DnsClientOptions): DnsClient {
  return makeDnsClient(ask, servers, options);
}

/** c-ares' own errors: the first say that nothing came, the second that what came is no answer (RFC 1035). */
const SILENT = new Set(['ETIMEOUT', 'ECONNREFUSED', 'ECANCELLED', 'EDESTRUCTION']);
const MALFORMED = new Set(['EBADRESP', 'EFORMERR', 'EBADNAME']);

async function ask(
  server: string,
  name: string,
  types: readonly QuestionType[],
  patience: Patience,
): Promise<readonly Asked[]> {
  const resolver = new Resolver({ timeout: patience.ms, tries: 1 });
  try {
    resolver.setServers([server]);
  } catch {
    return types.map(() => silent(`${server} is no server that Node can ask`));
  }
  try {
    const chain = types.every((type) => type === 'TXT') ? Promise.resolve([]) : walkAliases(resolver, name);
    return await withPatience(Promise.all(types.map((type) => resolve(resolver, name, type, chain))), patience);
  } finally {
    resolver.cancel();
  }
}

async function resolve(
  resolver: Resolver,
  name: string,
  type: QuestionType,
  aliases: Promise<readonly string[] | Asked>,
): Promise<Asked> {
  const [walked, values] = await Promise.all([aliases, settle(() => read(resolver, name, type))]);
  const chain = type === 'TXT' ? [] : walked;
  if (isAsked(chain)) return chain;
  if (isAsked(values)) return values;
  return { kind: 'answer', rcode: values.rcode, chain, values: values.found };
}

async function read(resolver: Resolver, name: string, type: QuestionType): Promise<readonly string[]> {
  if (type === 'A') return resolver.resolve4(name);
  if (type === 'AAAA') return resolver.resolve6(name);
  // Node reads the bytes as Latin-1; Azure writes UTF-8
  return (await resolver.resolveTxt(name)).map((strings) => Buffer.from(strings.join(''), 'latin1').toString('utf8'));
}

async function walkAliases(resolver: Resolver, host: string): Promise<readonly string[] | Asked> {
  const chain: string[] = [];
  for (let here = host; chain.length <= LONGEST_CHAIN; ) {
    const step = await settle(() => resolver.resolveCname(here));
    if (isAsked(step)) return step;
    const next = step.found[0] === undefined ? undefined : bareName(step.found[0]);
    if (next === undefined) return chain;
    if (!isHostName(next)) return failed('malformed', 'an alias is not a host name');
    if (next === host || chain.includes(next)) break;
    chain.push(next);
    here = next;
  }
  return failed('malformed', `the aliases of ${host} loop or are more than ${LONGEST_CHAIN}`);
}

/** An existing name without such records and a name that does not exist are answers; everything else is none. */
async function settle(
  question: () => Promise<readonly string[]>,
): Promise<{ readonly rcode: 'NOERROR' | 'NXDOMAIN'; readonly found: readonly string[] } | Asked> {
  try {
    return { rcode: 'NOERROR', found: await question() };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ENODATA') return { rcode: 'NOERROR', found: [] };
    if (code === 'ENOTFOUND') return { rcode: 'NXDOMAIN', found: [] };
    if (SILENT.has(code)) return silent(code);
    return failed(MALFORMED.has(code) ? 'malformed' : 'unreachable', code.replace(/^E(SERVFAIL|REFUSED)$/, '$1'));
  }
}

function isAsked(value: object): value is Asked {
  return 'kind' in value;
}

function silent(detail: string): Asked {
  return { kind: 'silent', detail };
}

function failed(reason: 'unreachable' | 'malformed', detail: string): Asked {
  return { kind: 'failed', reason, detail };
}
