import { compareValues, equalValues } from '../compare.ts';
import { convert, toLong } from '../convert.ts';
import { invalid } from '../failure.ts';
import { type Cursor, type Expr, NO_ROW } from '../scope.ts';
import { add, type Long, missing, type Row, subtract, type Value } from '../values.ts';
import { type Library, type Maker, runAs, type Site } from './define.ts';

function cursorOf(site: Site): Cursor {
  const cursor = site.scope.row?.cursor;
  if (cursor === undefined) throw invalid(`${site.name}() needs rows`, site.node.TextStart);
  if (site.scope.serialized !== true)
    throw invalid(`${site.name}() needs serialized rows: sort or serialize them before`, site.node.TextStart);
  return cursor;
}

function whole(expr: Expr | undefined, otherwise: number): number {
  return expr === undefined ? otherwise : Number(toLong(expr.run(NO_ROW), expr.type) ?? otherwise);
}

/** The value of the expression at another row, `direction` times the offset away. */
const neighbour =
  (direction: 1 | -1): Maker =>
  (args, site) => {
    const [expr, offset, fallback] = args as [Expr, Expr | undefined, Expr | undefined];
    const cursor = cursorOf(site);
    const distance = whole(offset, 1) * direction;
    const otherwise =
      fallback === undefined ? missing(expr.type) : convert(fallback.run(NO_ROW), fallback.type, expr.type);
    return {
      type: expr.type,
      constant: false,
      run: () => {
        const row = cursor.rows[cursor.index + distance];
        return row === undefined ? otherwise : expr.run(row);
      },
    };
  };

/** A value carried from row to row; it starts anew with the rows, and where `restart` holds. */
function carried(
  site: Site,
  type: Expr['type'],
  restart: Expr | undefined,
  step: (row: Row, first: boolean) => Value,
): Expr {
  const cursor = cursorOf(site);
  return {
    type,
    constant: false,
    run: (row) => step(row, cursor.index === 0 || restart?.run(row) === true),
  };
}

const rowNumber: Maker = (args, site) => {
  const start = whole(args[0], 1);
  let number = start;
  return carried(site, 'long', args[1], (_, first) => {
    number = first ? start : number + 1;
    return number;
  });
};

const rowCumsum: Maker = (args, site) => {
  const [term, restart] = args as [Expr, Expr | undefined];
  let sum: Value = null;
  return carried(site, site.type, restart, (row, first) => {
    const value = term.run(row);
    if (first) sum = value;
    else if (value !== null) sum = sum === null ? value : plus(sum, value, term);
    return sum ?? (value === null ? null : sum);
  });
};

function plus(a: Value, b: Value, { type }: Expr): Value {
  return type === 'real' ? (a as number) + (b as number) : add(a as Long, b as Long);
}

/** The dense rank grows by one with every new value, the other by the number of rows passed. */
const rank =
  (dense: boolean): Maker =>
  (args, site) => {
    const [term, restart] = args as [Expr, Expr | undefined];
    let before: Value = null;
    let current = 0;
    let passed = 0;
    return carried(site, 'long', restart, (row, first) => {
      const value = term.run(row);
      passed = first ? 1 : passed + 1;
      if (first) current = 1;
      else if (!equalValues(before, value)) current = dense ? current + 1 : passed;
      before = value;
      return current;
    });
  };

/** The first time of the session the row belongs to. */
const session: Maker = (args, site) => {
  const [time, fromFirst, between, restart] = args as [Expr, Expr, Expr, Expr | undefined];
  const longest = runAs(fromFirst, 'timespan');
  const gap = runAs(between, 'timespan');
  let start: Value = null;
  let before: Value = null;
  return carried(site, site.type, restart, (row, first) => {
    const now = time.run(row);
    if (now === null) return null;
    const fresh =
      first ||
      start === null ||
      compareValues(subtract(now as Long, start as Long), longest(row)) >= 0 ||
      compareValues(subtract(now as Long, before as Long), gap(row)) >= 0;
    if (fresh) start = now;
    before = now;
    return start;
  });
};

export const windowFunctions: Library = {
  prev: neighbour(-1),
  next: neighbour(1),
  row_number: rowNumber,
  row_cumsum: rowCumsum,
  row_rank: rank(true),
  row_rank_dense: rank(true),
  row_rank_min: rank(false),
  row_window_session: session,
};
