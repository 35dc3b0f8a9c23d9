import { convert } from '../convert.ts';
import type { KqlColumn } from '../engine.ts';
import { compile } from '../expressions.ts';
import { invalid, unsupported } from '../failure.ts';
import { SchemaFound } from '../plugins/signal.ts';
import { type Expr, NO_ROW, type Plan, type RowScope, rowScope, type Scope } from '../scope.ts';
import { child, items, type Node, need, textOf, tokenText } from '../syntax.ts';
import { columnsOf } from '../tabular.ts';
import { missing, type Row, type Value } from '../values.ts';
import { parameterOf } from './parameters.ts';

interface Step {
  readonly output: string;
  readonly condition: Expr;
  readonly assignments: readonly { readonly position: number; readonly expr: Expr }[];
}

/** What a step remembers: one extended row for itself and each step before it, and the number of its match. */
interface State {
  readonly rows: readonly (Row | undefined)[];
  readonly match: number;
}

interface Declared {
  readonly column: KqlColumn;
  readonly initial: Value;
}

function declarations(node: Node, columns: ReadonlyMap<string, KqlColumn>, scope: Scope): Declared[] {
  const clause = child(node, 'DeclareClause');
  return (clause === undefined ? [] : items(clause, 'Declarations')).map((parameter) => {
    const name = need(need(parameter, 'NameAndType'), 'Name').SimpleName ?? '';
    const column = columns.get(name);
    if (column === undefined) throw invalid(`scan declares no column ${name}`, parameter.TextStart);
    const given = child(parameter, 'DefaultValue');
    const initial = given === undefined ? undefined : compile(need(given, 'Value'), { ...scope, row: rowScope([]) });
    return {
      column,
      initial: initial === undefined ? missing(column.type) : convert(initial.run(NO_ROW), initial.type, column.type),
    };
  });
}

function stepOf(node: Node, row: RowScope, names: readonly string[], scope: Scope): Step {
  const inside: Scope = { ...scope, row, steps: names };
  const clause = child(node, 'ComputationClause');
  const output = child(node, 'ScanStepOutput');
  return {
    output: output === undefined ? 'all' : tokenText(output, 'OutputKind'),
    condition: compile(need(node, 'Condition'), inside),
    assignments: (clause === undefined ? [] : items(clause, 'Assignments')).map((assignment) => {
      const name = need(assignment, 'Name').SimpleName ?? '';
      const position = row.positions.get(name);
      if (position === undefined) throw invalid(`scan assigns no column ${name}`, assignment.TextStart);
      const expr = compile(need(assignment, 'Expression'), inside);
      const type = row.columns[position]?.type ?? expr.type;
      return { position, expr: { ...expr, run: (cells: Row) => convert(expr.run(cells), expr.type, type) } };
    }),
  };
}

/** The column that the analyser adds where the query asks for none; Kusto itself does not, so it is taken away again. */
const UNASKED = 'match_id';

function isDropped(node: Node): boolean {
  const parent = child(node, 'Parent');
  const above = parent === undefined ? [] : [parent, child(parent, 'Parent')];
  return above.some((pipe) => {
    const next = pipe === undefined ? undefined : child(pipe, 'Operator');
    return next !== undefined && textOf(next).replace(/\s/g, '') === `project-away${UNASKED}`;
  });
}

/** Matches the rows, in their order, against a sequence of steps that remember what matched. */
export function scan(node: Node, input: Plan, scope: Scope): Plan {
  const columns = columnsOf(node);
  if (parameterOf(node, 'with_match_id') === undefined && !isDropped(node)) {
    throw new SchemaFound(scope.env.offset + node.End, ` | project-away ${UNASKED}`);
  }
  for (const clause of ['OrderByClause', 'PartitionByClause']) {
    if (child(node, clause) !== undefined) throw unsupported(`scan with ${clause}`, node.TextStart);
  }
  const declared = declarations(node, new Map(columns.map((column) => [column.name, column])), scope);
  const own = [...input.columns, ...declared.map(({ column }) => column)];
  const row = rowScope(own);
  const nodes = items(node, 'Steps');
  const names = nodes.map((step) => need(step, 'Name').SimpleName ?? '');
  const steps = nodes.map((step) => stepOf(step, row, names, scope));
  if (steps.some(({ output }) => output !== 'all' && output !== 'none'))
    throw unsupported('scan output=last', node.TextStart);
  const initial = declared.map((declaration) => declaration.initial);
  const blank = [...input.columns.map(({ type }) => missing(type)), ...initial];
  const matchId = parameterOf(node, 'with_match_id') ?? UNASKED;
  const cells = columns.map(({ name }) => (name === matchId ? -1 : (row.positions.get(name) ?? -1)));
  return {
    columns,
    run: () =>
      matchAll(input.run(), steps, initial, blank).map(({ row: extended, match }) =>
        cells.map((position) => (position < 0 ? match : extended[position])),
      ),
  };
}

interface Match {
  readonly row: Row;
  readonly match: number;
}

function matchAll(rows: readonly Row[], steps: readonly Step[], initial: readonly Value[], blank: Row): Match[] {
  const states: (State | undefined)[] = steps.map(() => undefined);
  const result: Match[] = [];
  let matches = 0;
  const context = (source: Row, state: State | undefined): Row => [
    ...source,
    ...initial,
    ...steps.flatMap((_, index) => state?.rows[index] ?? blank),
  ];
  const extend = (source: Row, state: State | undefined, step: Step): Row => {
    const before = context(source, state);
    const extended = [...source, ...initial];
    for (const { position, expr } of step.assignments) extended[position] = expr.run(before);
    return extended;
  };
  for (const source of rows) {
    for (let index = steps.length - 1; index >= 0; index--) {
      const step = steps[index];
      if (step === undefined) continue;
      const earlier = index === 0 ? undefined : states[index - 1];
      const promoted = earlier !== undefined && step.condition.run(context(source, earlier)) === true;
      const state = promoted ? earlier : states[index];
      if (!promoted) {
        if (index > 0 && state === undefined) continue;
        if (step.condition.run(context(source, state)) !== true) continue;
      }
      const starts = index === 0 && state === undefined;
      const match = starts ? matches++ : (state?.match ?? 0);
      const extended = extend(source, state, step);
      if (promoted) states[index - 1] = undefined;
      states[index] = { match, rows: steps.map((_, at) => (at === index ? extended : state?.rows[at])) };
      if (step.output === 'all') result.push({ row: extended, match });
    }
  }
  return result;
}
