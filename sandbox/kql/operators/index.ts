import { unsupported } from '../failure.ts';
import { evaluate } from '../plugins/evaluate.ts';
import type { Plan, Scope } from '../scope.ts';
import { kindOf, type Node } from '../syntax.ts';
import { distinct } from './distinct.ts';
import { join, lookup } from './join.ts';
import { makeSeries } from './make-series.ts';
import { mvApply, mvExpand } from './mv-expand.ts';
import { parse, parseWhere } from './parse.ts';
import { parseKv } from './parse-kv.ts';
import { partition } from './partition.ts';
import { extend, project, projectAway, projectByNames, projectKeep, projectRename, projectReorder } from './project.ts';
import { asName, consume, count, getSchema, invoke, render, serialize, take, where } from './rows.ts';
import { scan } from './scan.ts';
import { search } from './search.ts';
import { sort, top } from './sort.ts';
import { summarize } from './summarize.ts';
import { sample, sampleDistinct, topHitters, topNested } from './top-more.ts';

/** Compiles one operator of a pipe. */
export type Operator = (node: Node, input: Plan, scope: Scope) => Plan;

const OPERATORS: Readonly<Record<string, Operator>> = {
  AsOperator: asName,
  ConsumeOperator: consume,
  CountOperator: count,
  DistinctOperator: distinct,
  EvaluateOperator: evaluate,
  ExtendOperator: extend,
  FilterOperator: where,
  GetSchemaOperator: getSchema,
  InvokeOperator: invoke,
  JoinOperator: join,
  LookupOperator: lookup,
  MakeSeriesOperator: makeSeries,
  MvApplyOperator: mvApply,
  MvExpandOperator: mvExpand,
  ParseKvOperator: parseKv,
  ParseOperator: parse,
  ParseWhereOperator: parseWhere,
  PartitionOperator: partition,
  ProjectAwayOperator: projectAway,
  ProjectByNamesOperator: projectByNames,
  ProjectKeepOperator: projectKeep,
  ProjectOperator: project,
  ProjectRenameOperator: projectRename,
  ProjectReorderOperator: projectReorder,
  RenderOperator: render,
  SampleDistinctOperator: sampleDistinct,
  SampleOperator: sample,
  ScanOperator: scan,
  SearchOperator: search,
  SerializeOperator: serialize,
  SortOperator: sort,
  SummarizeOperator: summarize,
  TakeOperator: take,
  TopHittersOperator: topHitters,
  TopNestedOperator: topNested,
  TopOperator: top,
};

export function operatorFor(node: Node): Operator {
  const operator = OPERATORS[kindOf(node)];
  if (operator === undefined) throw unsupported(`the operator ${kindOf(node)}`, node.TextStart);
  return operator;
}
