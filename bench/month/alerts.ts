import { KNOWN_TABLES } from '../../sandbox/data-plane/known-tables.ts';
import { knownTable, type Tables } from '../../sandbox/data-plane/log-tables.ts';
import { type Alert, alertState } from '../../sandbox/monitor/alerts.ts';
import { evaluate, type Reading } from '../../sandbox/monitor/evaluate.ts';
import { type AlertRule, readRules } from '../../sandbox/monitor/rules.ts';
import { visibleAt } from '../../sandbox/monitor/visible.ts';
import type { JsonObject } from '../../sandbox/types.ts';

const tableNames = ['AppEvents', 'AppAvailabilityResults'] as const;

/** A row of the telemetry workspace. */
export interface Row {
  readonly table: (typeof tableNames)[number];
  /** what a query can ask for: the event's name, or how the results are called */
  readonly kind: string;
  readonly at: number;
  readonly cells: JsonObject;
  /** equal for rows that differ in nothing but their times and the ids of their sweeps */
  readonly content: string;
  /** of these only the last few matter to any rule; absent: all for as long as rules look back */
  readonly heartbeatOf?: string;
}

export interface Fired extends Alert {
  readonly rule: string;
}

const delay = { least: 120, most: 180 } as const;
const longestWindowMs = 2 * 86_400_000 + 600_000;
/** Rules look at the last one or two of a family. */
const keptHeartbeats = 4;

/**
 * The deployed rules, each at its own frequency, as the sandbox's Azure Monitor evaluates them. An evaluation whose rows
 * stand as they stood in an earlier one is not done again: they are the same rows and the query asks for no other time, or
 * they are equal rows at equal distances.
 */
export function watchRules() {
  const watched = readRules().map(watch);
  const contents = new Map<string, number>();
  const history: Fired[] = [];
  let rows: readonly Held[] = [];

  const hold = (row: Row): Held => {
    const content = contents.get(row.content) ?? contents.size;
    contents.set(row.content, content);
    return { row, content, visible: false };
  };
  const readingsOf = ({ rule, known, usesNow, reads }: Watched, at: number): readonly Reading[] => {
    const own = rows.filter(
      ({ row, visible }) => visible && row.at > at - rule.window * 1000 && reads(row.kind) && row.at <= at,
    );
    const alike = own.map(({ row, content }) => `${at - row.at}:${content}`).join();
    const same = own.map(({ row, content }) => `${row.at}:${content}`).join();
    const keys = usesNow ? [alike] : [alike, `same ${same}`];
    const before = keys.map((key) => known.get(key)).find((readings) => readings !== undefined);
    if (before) return before;
    const evaluation = evaluate(rule, tablesOf(own), new Date(at));
    if (!evaluation.ok) throw new Error(`${rule.name}: ${evaluation.error}`);
    for (const key of keys) known.set(key, evaluation.readings);
    return evaluation.readings;
  };

  return {
    /** what fired, and once more with its end what was over, in order */
    history: history as readonly Fired[],
    add(added: readonly Row[]): void {
      rows = [...rows, ...added.map(hold)];
    },
    /** what Azure does at that time */
    tick(at: number): void {
      rows = withoutOld(rows, at);
      uncover(rows, at);
      for (const one of watched) {
        if (at % (one.rule.frequency * 1000) !== 0) continue;
        const changes = one.state.take(readingsOf(one, at), new Date(at));
        history.push(...changes.map((alert) => ({ ...alert, rule: one.rule.name })));
      }
    },
  };
}

/** A row as it is kept: with a number for its content, and whether it can be queried by now. */
interface Held {
  readonly row: Row;
  readonly content: number;
  visible: boolean;
}

type Watched = ReturnType<typeof watch>;

function watch(rule: AlertRule) {
  const kinds = new Map<string, boolean>();
  return {
    rule,
    state: alertState(rule),
    known: new Map<string, readonly Reading[]>(),
    usesNow: /\b(now|ago)\s*\(/.test(rule.query),
    reads(kind: string): boolean {
      const known = kinds.get(kind) ?? rule.query.includes(kind);
      kinds.set(kind, known);
      return known;
    },
  };
}

function uncover(rows: readonly Held[], at: number): void {
  const hidden = rows.filter(({ visible }) => !visible);
  const tables = tablesOf(hidden);
  const shown = visibleAt(tables, new Date(at), delay);
  for (const name of tableNames) {
    const seen = new Set(shown.get(name)?.rows);
    const own = hidden.filter(({ row }) => row.table === name);
    tables.get(name)?.rows.forEach((cells, i) => {
      const held = own[i];
      if (held) held.visible = seen.has(cells);
    });
  }
}

function tablesOf(rows: readonly Held[]): Tables {
  const byTable = Map.groupBy(rows, ({ row }) => row.table);
  return new Map(
    tableNames.map((name) => [
      name,
      knownTable(
        (byTable.get(name) ?? []).map(({ row }) => row.cells),
        KNOWN_TABLES.get(name),
      ),
    ]),
  );
}

/** Without what no rule looks at any more. */
function withoutOld(rows: readonly Held[], at: number): readonly Held[] {
  const later = new Map<string, number>();
  const kept = rows.toReversed().filter(({ row }) => {
    if (row.table === 'AppAvailabilityResults') return at - row.at < 3_600_000;
    if (row.heartbeatOf === undefined) return at - row.at < longestWindowMs;
    const count = later.get(row.heartbeatOf) ?? 0;
    later.set(row.heartbeatOf, count + 1);
    return count < keptHeartbeats;
  });
  return kept.reverse();
}
