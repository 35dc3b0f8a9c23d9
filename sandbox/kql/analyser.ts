import { createRequire } from 'node:module';
import type { KqlColumn, KqlDatabase, KqlOptions } from './engine.ts';
import { KqlFailure } from './failure.ts';
import { type BridgeList, listOf, type Node } from './syntax.ts';

interface Diagnostic {
  readonly Severity: string;
  readonly Start: number;
  readonly Length: number;
  readonly Message: string;
  readonly HasLocation: boolean;
}

interface Code {
  readonly Syntax: Node;
  GetDiagnostics(): BridgeList<Diagnostic>;
  GetSyntaxDiagnostics(): BridgeList<Diagnostic>;
}

interface Globals {
  readonly ParseOptions: unknown;
  WithDatabase(database: unknown): Globals;
  WithCluster(cluster: unknown): Globals;
}

interface Language {
  readonly KustoCode: { GetKind(text: string): string; ParseAndAnalyze(text: string, globals: Globals): Code };
  readonly GlobalState: { readonly Default: Globals };
  readonly Symbols: {
    readonly TableSymbol: { readonly $ctor7: new (name: string, schema: string, description: null) => unknown };
    readonly DatabaseSymbol: { readonly $ctor1: new (name: string, members: unknown[], isOpen: boolean) => unknown };
    readonly ClusterSymbol: { readonly $ctor1: new (name: string, databases: unknown[], isOpen: boolean) => unknown };
  };
  readonly Parsing: { readonly QueryGrammar: QueryGrammar };
  readonly Binding: {
    readonly Binder: { GetExpressionResultName(node: Node, defaultName: string, row: null): string | null };
  };
}

export interface Analysed {
  readonly text: string;
  readonly block: Node;
  readonly database: KqlDatabase;
  readonly options: KqlOptions;
}

interface QueryGrammar {
  new (options: unknown): object;
  /** what `From` answers with for these options */
  s_currentGrammar: { readonly Options: object; readonly Grammar: object };
}

let loaded: Language | undefined;

/** Microsoft's Kusto language service: two scripts that define globals, in this order. */
function language(): Language {
  if (loaded === undefined) {
    const require = createRequire(import.meta.url);
    require('@kusto/language-service-next/bridge.min.js');
    require('@kusto/language-service-next/Kusto.Language.Bridge.min.js');
    loaded = (globalThis as unknown as { readonly Kusto: { readonly Language: Language } }).Kusto.Language;
    postponeGrammar(loaded);
  }
  return loaded;
}

/**
 * With each query the language service notes its grammar, which it takes a second to build and needs only to complete what
 * somebody types: queries have a parser of their own. So the note stays empty, and whoever reads more of it has it built.
 */
function postponeGrammar({ Parsing: { QueryGrammar }, GlobalState }: Language): void {
  let built: object | undefined;
  const Grammar = new Proxy(
    {},
    {
      get(_, property) {
        if (property === 'QueryBlock') return null;
        built ??= new QueryGrammar(GlobalState.Default.ParseOptions);
        return Reflect.get(built, property);
      },
    },
  );
  QueryGrammar.s_currentGrammar = { Options: { EqualExceptForParseKind: () => true }, Grammar };
}

const schemas = new Map<string, Globals>();

function globalsOf(database: KqlDatabase, options: KqlOptions): Globals {
  const all = [['', database] as const, ...(options.workspaces ?? [])];
  const key = all.map(([name, { tables }]) => `${name}\n${[...tables].map(tableKey).join('\n')}`).join('\n\n');
  const known = schemas.get(key);
  if (known !== undefined) return known;
  const { Symbols, GlobalState } = language();
  const symbols = all.map(([name, { tables }]) => {
    const members = [...tables].map(
      ([table, { columns }]) => new Symbols.TableSymbol.$ctor7(table, schemaOf(columns), null),
    );
    return new Symbols.DatabaseSymbol.$ctor1(name === '' ? 'sandbox' : name, members, false);
  });
  const cluster = new Symbols.ClusterSymbol.$ctor1('sandbox', symbols, false);
  const globals = GlobalState.Default.WithCluster(cluster).WithDatabase(symbols[0]);
  if (schemas.size >= 100) schemas.clear();
  schemas.set(key, globals);
  return globals;
}

function tableKey([name, { columns }]: readonly [string, { readonly columns: readonly KqlColumn[] }]): string {
  return `${name}${schemaOf(columns)}`;
}

function schemaOf(columns: readonly KqlColumn[]): string {
  return `(${columns.map(({ name, type }) => `['${name.replace(/[\\']/g, '\\$&')}']:${type}`).join(', ')})`;
}

const codes = new WeakMap<Globals, Map<string, Code>>();

/** Parsing and binding cost far more than running; a program asks the same questions again and again. */
function codeOf(text: string, globals: Globals): Code {
  const known = codes.get(globals) ?? new Map<string, Code>();
  codes.set(globals, known);
  const code = known.get(text) ?? parseAndAnalyse(text, globals);
  if (known.size >= 100) known.clear();
  known.set(text, code);
  return code;
}

/** Deeper brackets take the language service minutes. */
const DEEPEST = 500;

function checkDepth(text: string): void {
  let depth = 0;
  for (const [bracket] of text.replace(OTHER_WORKSPACE, '').matchAll(/[()[\]{}]/g)) {
    depth += '([{'.includes(bracket) ? 1 : -1;
    if (depth > DEEPEST) throw new KqlFailure('LimitExceeded', `brackets more than ${DEEPEST} deep`);
  }
}

/** The language service itself stumbles over a few broken queries; they are broken all the same. */
function parseAndAnalyse(text: string, globals: Globals): Code {
  try {
    return language().KustoCode.ParseAndAnalyze(text, globals);
  } catch (error) {
    throw new KqlFailure('SyntaxError', `the query cannot be analysed: ${String(error).split('\n')[0]}`);
  }
}

/** Texts and comments, to be passed over, or the name of a function that reads another workspace. */
const OTHER_WORKSPACE =
  /[hH]?@"(?:[^"]|"")*"|[hH]?@'(?:[^']|'')*'|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\/[^\n]*|\b(workspace|app)(?=\s*\()/g;

/** Parses and binds a query; its first error, if it has any, is thrown. */
export function analyse(text: string, database: KqlDatabase, options: KqlOptions): Analysed {
  // Log Analytics' workspace() and app() are a database of another name to the binder.
  const known = text.replace(OTHER_WORKSPACE, (found, name?: string) => (name === undefined ? found : 'database'));
  checkDepth(text);
  if (language().KustoCode.GetKind(known) !== 'Query') throw new KqlFailure('SyntaxError', 'this is not a query');
  const code = codeOf(known, globalsOf(database, options));
  const error = listOf(code.GetDiagnostics()).find(({ Severity }) => Severity === 'Error');
  if (error !== undefined) {
    const isSyntax = listOf(code.GetSyntaxDiagnostics()).some(({ Severity }) => Severity === 'Error');
    throw new KqlFailure(isSyntax ? 'SyntaxError' : 'SemanticError', error.Message, error.Start);
  }
  return { text: known, block: code.Syntax, database, options };
}

/** The column name Kusto gives to an expression without one; '' where it is numbered. */
export function resultName(node: Node): string {
  return language().Binding.Binder.GetExpressionResultName(node, '', null) ?? '';
}
