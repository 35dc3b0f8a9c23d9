import { KqlFailure } from './failure.ts';
import { parameterNode, parameterOf } from './operators/parameters.ts';
import { child, kindOf, type Node, need } from './syntax.ts';

/**
 * What Azure Resource Graph lets through of the language, by its documentation ("Understanding the Azure Resource Graph query
 * language", supported tabular operators): anything else is refused by name.
 */
const OPERATORS: ReadonlySet<string> = new Set([
  'AsOperator',
  'CountOperator',
  'DataTableExpression',
  'DistinctOperator',
  'ExtendOperator',
  'FilterOperator',
  'JoinOperator',
  'MvExpandOperator',
  'ParseOperator',
  'ParseWhereOperator',
  'PrintOperator',
  'ProjectAwayOperator',
  'ProjectKeepOperator',
  'ProjectOperator',
  'ProjectRenameOperator',
  'ProjectReorderOperator',
  'RangeOperator',
  'SortOperator',
  'SummarizeOperator',
  'TakeOperator',
  'TopOperator',
  'UnionOperator',
]);
const JOIN_KINDS: ReadonlySet<string> = new Set(['innerunique', 'inner', 'leftouter', 'fullouter']);
/** Joins in one query, and unions in one query. */
const MOST_JOINS = 3;
/** Rows that mv-expand makes of one row: where no limit is given, and at most. */
export const EXPANDED_ROWS = 128;
const MOST_EXPANDED_ROWS = 2000;

function refuse(what: string, node: Node): KqlFailure {
  return new KqlFailure('Unsupported', `Resource Graph does not support ${what}`, node.TextStart);
}

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (let index = 0; index < node.ChildCount; index++) {
    const part = node.GetChild(index);
    if (part !== null && part.ChildCount > 0) walk(part, visit);
  }
}

/** Refuses a query that Resource Graph would refuse. */
export function checkDialect(block: Node): void {
  let joins = 0;
  let unions = 0;
  walk(block, (node) => {
    const kind = kindOf(node);
    if (kind.endsWith('Operator') && !OPERATORS.has(kind))
      throw refuse(`the operator ${kind.replace('Operator', '')}`, node);
    if (kind === 'JoinOperator') {
      const flavor = parameterOf(node, 'kind') ?? 'innerunique';
      if (!JOIN_KINDS.has(flavor)) throw refuse(`join kind=${flavor}`, node);
      if (++joins > MOST_JOINS) throw refuse(`more than ${MOST_JOINS} joins`, node);
    }
    if (kind === 'UnionOperator') {
      if (parameterOf(node, 'isfuzzy') === 'true')
        throw refuse('a fuzzy union', parameterNode(node, 'isfuzzy') ?? node);
      if (++unions > MOST_JOINS) throw refuse(`more than ${MOST_JOINS} unions`, node);
    }
    if (kind === 'MvExpandOperator') checkLimit(node);
  });
}

function checkLimit(node: Node): void {
  const clause = child(node, 'RowLimitClause');
  const limit = clause === undefined ? undefined : need(clause, 'RowLimit');
  if (limit !== undefined && Number(limit.LiteralValue) > MOST_EXPANDED_ROWS) {
    throw refuse(`mv-expand beyond ${MOST_EXPANDED_ROWS} rows`, limit);
  }
}
