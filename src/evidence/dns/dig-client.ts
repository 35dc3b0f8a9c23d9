import { isIPv4, isIPv6 } from 'node:net';
import dig from 'node-dig-dns';
import { type Asked, bareName, type DnsClient, followAliases, isHostName, type QuestionType } from './answer.ts';
import { type DnsClientOptions, makeDnsClient, type Patience, withPatience } from './resolver.ts';
import { splitServer } from './servers.ts';

/**
 * Resolves with `dig`, whose answer shows the whole chain at once. The library's own parse loses the header of an answer
 * that came over TCP and takes a time-out for a result, so the text is read here; it has no deadline of its own either.
 */
export function digClient(servers: readonly string[], options?: DnsClientOptions): DnsClient {
  return makeDnsClient(ask, servers, options);
}

/** One process for all questions: starting it costs far more than asking. */
async function ask(
  server: string,
  name: string,
  types: readonly QuestionType[],
  patience: Patience,
): Promise<readonly Asked[]> {
  const { address, port } = splitServer(server);
  const wait = `+time=${Math.ceil(patience.ms / 1000)}`;
  // `-q` and `-t`: a name is never taken for an option. The caller has validated it as well.
  const questions = types.flatMap((type) => ['-q', name, '-t', type]);
  const work = dig([`@${address}`, '-p', String(port), wait, '+tries=1', '+nocookie', ...questions], {
    raw: true,
  }).then(
    (output) => types.map((type) => readOutput(String(output), name, type)),
    (error: unknown) =>
      types.map((): Asked => ({ kind: 'silent', detail: `dig did not run: ${String(error).slice(0, 200)}` })),
  );
  return withPatience(work, patience);
}

interface DigRecord {
  readonly name: string;
  readonly type: string;
  readonly value: string;
}

/** What dig printed for one question: a status stands only above a message that could be read. */
function readOutput(output: string, name: string, type: QuestionType): Asked {
  const question = new RegExp(`^;[^;\\s]+\\s+IN\\s+${type}\\s*$`, 'm');
  const message = output.split(/^;; Got answer:$/m).find((part, i) => i > 0 && question.test(part)) ?? '';
  const status = /^;; ->>HEADER<<- .*\bstatus: ([A-Z]+)/m.exec(message)?.[1];
  const isBroken =
    status === undefined ? /^;; Got bad packet/m.test(output) : /^;; Warning: .*malformed/m.test(message);
  if (isBroken) {
    return { kind: 'failed', reason: 'malformed', detail: 'the answer was no DNS message' };
  }
  if (status === undefined) return { kind: 'silent', detail: 'no answer' };
  if (status !== 'NOERROR' && status !== 'NXDOMAIN') return { kind: 'failed', reason: 'unreachable', detail: status };

  const records = recordsOf(message);
  const aliases = new Map(records.filter((one) => one.type === 'CNAME').map((one) => [one.name, bareName(one.value)]));
  const chain = followAliases(name, aliases);
  if ('problem' in chain) return { kind: 'failed', reason: 'malformed', detail: chain.problem };
  if (!chain.every(isHostName)) return { kind: 'failed', reason: 'malformed', detail: 'an alias is not a host name' };
  const end = chain.at(-1) ?? name;
  const found = records.filter((one) => one.type === type && one.name === end).map(({ value }) => value);
  if (type === 'TXT') return { kind: 'answer', rcode: status, chain, values: found.map(readTxt) };
  if (!found.every(type === 'A' ? isIPv4 : isIPv6)) {
    return { kind: 'failed', reason: 'malformed', detail: 'an address is not one' };
  }
  return { kind: 'answer', rcode: status, chain, values: found };
}

/** The lines of the answer section: name, seconds, class, type, value. */
function recordsOf(message: string): readonly DigRecord[] {
  const section = /^;; ANSWER SECTION:\n((?:[^;\n].*\n)*)/m.exec(message)?.[1] ?? '';
  return section.split('\n').flatMap((line) => {
    const [, name, type, value] = /^(\S+)\s+\d+\s+IN\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return name === undefined || type === undefined || value === undefined
      ? []
      : [{ name: bareName(name), type, value }];
  });
}

/** `"…" "…"`: strings of one record belong together; quotes, backslashes and bytes (`\DDD`) are escaped. */
function readTxt(value: string): string {
  const strings = [...value.matchAll(/"((?:\\.|[^"\\])*)"/g)].map((match) => match[1] ?? '');
  const bytes = [...strings.join('').matchAll(/\\(\d{3})|\\?(.)/gs)].map(([, byte, character]) =>
    byte === undefined ? Buffer.from(character ?? '', 'utf8') : Buffer.from([Number(byte)]),
  );
  return Buffer.concat(bytes).toString('utf8');
}
