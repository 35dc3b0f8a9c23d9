import * as z from 'zod';
import type { BaselineEntry, Direction, Family, FindingRecord, FindingState, Observed, Person } from '../model.ts';
import { compare } from '../posture/drift.ts';
import { isStale } from '../posture/staleness.ts';
import { type Answer, authorise, json, problem, type Request, readSelection } from './answers.ts';
import { families } from './families.ts';
import type { Open } from './http.ts';
import { type Environment, type Log, openShared, type Service } from './service.ts';

export interface BaselineRequest extends Request {
  readonly method: string;
  text(): Promise<string>;
}

/** What `POST baseline` answers. */
export interface Acceptance {
  readonly schema: 'fhirwatch-baseline/1';
  readonly acceptedAt: string;
  readonly acceptedBy: Person;
  readonly accepted: readonly { readonly serviceId: string; readonly check: string; readonly status: string }[];
  readonly notAccepted: readonly {
    readonly serviceId: string;
    readonly check: string;
    readonly status: string;
    readonly why: string;
  }[];
  /** what was accepted of services that are no longer there */
  readonly dropped: readonly { readonly serviceId: string; readonly check: string }[];
}

/** What `GET baseline` answers. */
export interface BaselineView {
  readonly schema: 'fhirwatch-baseline/1';
  readonly entries: readonly Omit<BaselineEntry, 'schema'>[];
  readonly differences: readonly Difference[];
}

export interface Difference {
  readonly serviceId: string;
  readonly serviceKey: string;
  readonly check: string;
  readonly direction: Direction;
  /** null: nothing was accepted */
  readonly was: FindingState | null;
  /** null: it is no longer there */
  readonly is: FindingState | null;
  /** why accepting now would not accept it; null: it would */
  readonly obstacle: string | null;
}

const bodySchema = z.strictObject({
  /** ids, keys or names */
  services: z.array(z.string().min(1)).optional(),
  checks: z.array(z.string().min(1)).optional(),
});

type Selection = z.infer<typeof bodySchema>;

/** `GET baseline`: what was accepted and what differs now. `POST baseline`: accepts what is in order now, for an Operator. */
export async function answerBaseline(
  request: BaselineRequest,
  environment: Environment,
  log: Log,
  open: Open = openShared,
): Promise<Answer> {
  const accepts = request.method === 'POST';
  const caller = authorise(request, environment, accepts ? ['Operator'] : ['Auditor', 'Operator']);
  if ('status' in caller) return caller;
  // A page of another site may make a browser post with its cookies; what a person types or a tool sends says no such thing.
  if (accepts && ['cross-site', 'same-site'].includes(request.headers.get('sec-fetch-site') ?? '')) {
    return problem(403, 'Sent by another site', 'This route does not act for pages of other sites.');
  }
  const selection: Selection | { readonly problem: string } = accepts
    ? readSelection(await request.text(), bodySchema, '{ "services": […], "checks": […] }, both optional')
    : {};
  if ('problem' in selection) return problem(400, 'Not a selection', selection.problem);
  const opening = open(environment, log);
  if (!opening.ok) return problem(503, 'Not configured', opening.problems.join(' '));
  try {
    if (!accepts) return json(200, await viewBaseline(opening.service));
    const { objectId, name } = caller;
    const by = { objectId, ...(name === undefined ? {} : { name }) };
    const result = await acceptBaseline(opening.service, selection, by);
    if ('problems' in result) return problem(400, 'Not in memory', result.problems.join(' '));
    const { accepted, notAccepted } = result;
    log.info('a baseline was accepted', { by: objectId, accepted: accepted.length, notAccepted: notAccepted.length });
    return json(200, result);
  } catch (error) {
    log.error('the baseline could not be read or written', { error: error instanceof Error ? error.stack : 'unknown' });
    return problem(503, 'Memory unreachable', 'The baseline could not be read or written in full; ask again.');
  }
}

/**
 * Accepts what memory holds now: passes and what does not apply, with the values they rest on, if seen lately. A fail or
 * unknown is never accepted: its drift stays open.
 */
export async function acceptBaseline(
  service: Service,
  selection: Selection,
  by: Person,
): Promise<Acceptance | { readonly problems: readonly string[] }> {
  const store = await service.store();
  const acceptedAt = service.now().toISOString();
  const everything = await store.currentFindings();
  const problems = unmatched(selection, everything);
  if (problems.length > 0) return { problems };
  const chosen = everything.filter((record) => isChosen(record, selection));
  const wholesale = selection.services === undefined && selection.checks === undefined;
  const here = new Set(everything.map(keyOf));
  const dropped: BaselineEntry[] = [];
  const accepted: BaselineEntry[] = [];
  for (const family of families) {
    const gone = wholesale ? (await store.baseline(family)).filter((entry) => !here.has(entryKey(entry))) : [];
    const entries = chosen.flatMap((record) => {
      const { service: watched, finding } = record;
      if (finding.family !== family || !isInOrder(finding.status) || obstacleOf(record, service, acceptedAt)) return [];
      const { check, status, observed } = finding;
      const { id: serviceId, key: serviceKey } = watched;
      return [
        { schema: 1, serviceId, serviceKey, family, check, status, observed, acceptedAt, acceptedBy: by } as const,
      ];
    });
    if (entries.length + gone.length > 0) await store.saveBaseline(family, entries, gone);
    accepted.push(...entries);
    dropped.push(...gone);
  }
  return {
    schema: 'fhirwatch-baseline/1',
    acceptedAt,
    acceptedBy: by,
    accepted: accepted.map(({ serviceId, check, status }) => ({ serviceId, check, status })).sort(byServiceAndCheck),
    notAccepted: chosen
      .flatMap((record) => {
        const why = obstacleOf(record, service, acceptedAt);
        const { check, status } = record.finding;
        return why === null ? [] : [{ serviceId: record.service.id, check, status, why }];
      })
      .sort(byServiceAndCheck),
    dropped: dropped.map(({ serviceId, check }) => ({ serviceId, check })).sort(byServiceAndCheck),
  };
}

async function viewBaseline(service: Service): Promise<BaselineView> {
  const store = await service.store();
  const at = service.now().toISOString();
  const records = await store.currentFindings();
  const entries = (await Promise.all(families.map((family) => store.baseline(family)))).flat();
  const accepted = new Map(entries.map((entry) => [entryKey(entry), entry]));
  const withBaseline = new Set<Family>(entries.map(({ family }) => family));
  const here = new Set(records.map(keyOf));
  const changed = records.flatMap((record): readonly Difference[] => {
    const was = accepted.get(keyOf(record));
    const direction = compare(was, record.finding, withBaseline.has(record.finding.family));
    if (direction === undefined) return [];
    const { service: watched, finding } = record;
    return [
      {
        serviceId: watched.id,
        serviceKey: watched.key,
        check: finding.check,
        direction,
        was: was ? stateOf(was) : null,
        is: stateOf(finding),
        obstacle: obstacleOf(record, service, at),
      },
    ];
  });
  const removed = entries
    .filter((entry) => !here.has(entryKey(entry)))
    .map((entry): Difference => {
      const { serviceId, serviceKey, check } = entry;
      return { serviceId, serviceKey, check, direction: 'removed', was: stateOf(entry), is: null, obstacle: null };
    });
  return {
    schema: 'fhirwatch-baseline/1',
    entries: entries.map(({ schema: _, ...shown }) => shown).sort(byServiceAndCheck),
    differences: [...changed, ...removed].sort(byServiceAndCheck),
  };
}

function isInOrder(status: FindingRecord['finding']['status']): status is BaselineEntry['status'] {
  return status === 'pass' || status === 'not-applicable';
}

/** Why a finding cannot be accepted now, as a sentence; null where it can. */
function obstacleOf(record: FindingRecord, service: Service, at: string): string | null {
  const { finding, lastSeen } = record;
  if (isStale(record, at, service.settings.schedules[finding.family].intervalSeconds)) {
    return `Not seen lately, so nothing is known of it now: last seen ${finding.status} at ${lastSeen}.`;
  }
  if (isInOrder(finding.status)) return null;
  const stays = 'it stays an open drift until it is';
  return finding.status === 'fail'
    ? `A fail is never accepted; ${stays} repaired, or excepted in the policy.`
    : `What is unknown cannot be accepted; ${stays} known.`;
}

/** Names of the selection that mean nothing: a typing error must not look like an acceptance. */
function unmatched({ services = [], checks = [] }: Selection, records: readonly FindingRecord[]): readonly string[] {
  const none = (what: string, given: string): string =>
    `Memory holds no ${what} ${JSON.stringify(given.slice(0, 300))}.`;
  return [
    ...services
      .filter((given) => !records.some((record) => isNamed(record, given)))
      .map((given) => none('service', given)),
    ...checks
      .filter((given) => !records.some(({ finding }) => finding.check === given))
      .map((given) => none('check', given)),
  ];
}

function isChosen(record: FindingRecord, { services, checks }: Selection): boolean {
  return (
    (services === undefined || services.some((given) => isNamed(record, given))) &&
    (checks === undefined || checks.includes(record.finding.check))
  );
}

function isNamed({ service }: FindingRecord, given: string): boolean {
  return [service.id, service.key, service.name].some((one) => one.toLowerCase() === given.toLowerCase());
}

function stateOf({
  status,
  observed,
}: {
  readonly status: FindingState['status'];
  readonly observed: Observed;
}): FindingState {
  return { status, observed };
}

function keyOf({ service, finding }: FindingRecord): string {
  return `${service.key} ${finding.check}`;
}

function entryKey({ serviceKey, check }: BaselineEntry): string {
  return `${serviceKey} ${check}`;
}

interface Placed {
  readonly serviceId: string;
  readonly check: string;
}

function byServiceAndCheck(a: Placed, b: Placed): number {
  const place = ({ serviceId, check }: Placed): string => `${serviceId.toLowerCase()} ${check}`;
  return place(a) < place(b) ? -1 : 1;
}
