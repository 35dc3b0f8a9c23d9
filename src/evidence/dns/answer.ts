import type { DnsAnswer, Failure, Gathered } from '../../model.ts';

/** What any resolver can tell, and how the answers to two questions (A and AAAA) become one. No I/O here. */

export type QuestionType = 'A' | 'AAAA' | 'TXT';

/** What one server said to one question. */
export type Asked =
  | {
      readonly kind: 'answer';
      readonly rcode: 'NOERROR' | 'NXDOMAIN';
      /** alias targets in order, bare lower-case names */
      readonly chain: readonly string[];
      readonly values: readonly string[];
    }
  /** nothing came: another server may do better */
  | { readonly kind: 'silent'; readonly detail: string }
  /** the server answered, but not with an answer */
  | { readonly kind: 'failed'; readonly reason: 'unreachable' | 'malformed'; readonly detail: string };

export interface Texts {
  readonly texts: readonly string[];
  readonly server: string;
}

export interface DnsClient {
  /** in the order in which they are asked, `address:port` */
  readonly servers: readonly string[];
  /** every address of the host, with the aliases on the way */
  lookup(host: string, signal: AbortSignal): Promise<Gathered<DnsAnswer>>;
  /** the TXT records of a name, each with its strings joined; `not-found` where there is none */
  readText(name: string, signal: AbortSignal): Promise<Gathered<Texts>>;
  /** the same client with that one server */
  only(server: string): DnsClient;
}

/** Azure's chains have four or five aliases; whoever sends more is looping or hostile. */
export const LONGEST_CHAIN = 16;

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;

/** A name that may be asked for: it can be mistaken neither for an option nor for a server on a command line. */
export function isHostName(name: string): boolean {
  return name.length > 0 && name.length <= 253 && name.split('.').every((label) => LABEL.test(label));
}

export function bareName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/**
 * The aliases from a host to the end of its chain, from CNAME records in any order; a failure where they loop. Records
 * of names that are not on the way are nobody's answer and are left out.
 */
export function followAliases(
  host: string,
  aliases: ReadonlyMap<string, string>,
): readonly string[] | { readonly problem: string } {
  const chain: string[] = [];
  let here = bareName(host);
  for (let next = aliases.get(here); next !== undefined; next = aliases.get(here)) {
    if (chain.length === LONGEST_CHAIN || chain.includes(next) || next === bareName(host)) {
      return { problem: `the aliases of ${host} loop or are more than ${LONGEST_CHAIN}` };
    }
    chain.push(next);
    here = next;
  }
  return chain;
}

/** Both questions in one answer; undefined where neither was answered. */
export function combine(host: string, server: string, a: Asked, aaaa: Asked): DnsAnswer | undefined {
  const answers = [a, aaaa].filter((one) => one.kind === 'answer');
  if (answers.length === 0) return undefined;
  const addresses = [...new Set(answers.flatMap(({ values }) => values))].sort();
  const chain = answers.map((one) => one.chain).find((one) => one.length > 0) ?? [];
  const nowhere = addresses.length === 0 && answers.some(({ rcode }) => rcode === 'NXDOMAIN');
  const lost: Failure | undefined =
    a.kind !== 'answer' ? failureOf('A', a) : aaaa.kind !== 'answer' ? failureOf('AAAA', aaaa) : undefined;
  return {
    host,
    server,
    rcode: nowhere ? 'NXDOMAIN' : 'NOERROR',
    chain,
    addresses,
    ...(lost ? { incomplete: lost } : {}),
  };
}

export function failureOf(type: QuestionType, asked: Exclude<Asked, { kind: 'answer' }>): Failure {
  return { reason: asked.kind === 'failed' ? asked.reason : 'unreachable', detail: `${type}: ${asked.detail}` };
}
