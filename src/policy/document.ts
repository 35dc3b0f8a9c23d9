import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';

/** Where something is wrong, counted from 1, and what. `path` as in `exceptions[0].expires`; empty for the whole. */
export interface PolicyProblem {
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly message: string;
}

export type Path = readonly PropertyKey[];

export interface PolicyDocument {
  readonly value: unknown;
  /** of the value at the path, or of the nearest thing above it that is there; `key`: of the key below it instead */
  problemAt(path: Path, message: string, key?: string): PolicyProblem;
}

/** Far more than any estate needs, far less than what would hurt. */
const limits = { characters: 1_000_000, depth: 30, aliases: 100 };

const whole = (message: string): PolicyProblem => ({ line: 1, column: 1, path: '', message });

/** Reads YAML 1.2, and so JSON, into a plain value that remembers where everything stood. */
export function readDocument(
  text: string,
):
  | { readonly ok: true; readonly document: PolicyDocument }
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] } {
  if (text.length > limits.characters) {
    return { ok: false, problems: [whole(`the policy has more than ${limits.characters} characters`)] };
  }
  const lines = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true, uniqueKeys: true });
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  // an unknown tag is only a warning to the parser, but what it was meant to change did not happen
  const faults = [...parsed.errors, ...parsed.warnings];
  const exhausted = faults.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  if (exhausted !== undefined) {
    return {
      ok: false,
      problems: [{ ...at(exhausted.pos[0]), path: '', message: `nested more than ${limits.depth} deep` }],
    };
  }
  if (faults.length > 0) {
    const problems = faults.map(({ pos, code, message }) => ({
      ...at(pos[0]),
      path: '',
      message: code === 'DUPLICATE_KEY' ? 'this key is there a second time' : message,
    }));
    return { ok: false, problems };
  }

  let tooDeep: number | undefined;
  let aliases = 0;
  visit(parsed, {
    Alias: () => {
      aliases += 1;
    },
    Collection: (_, { range }, ancestors) => {
      if (ancestors.filter(isNode).length <= limits.depth) return undefined;
      tooDeep ??= range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  if (tooDeep !== undefined) {
    return { ok: false, problems: [{ ...at(tooDeep), path: '', message: `nested more than ${limits.depth} deep` }] };
  }
  if (aliases > limits.aliases) {
    return { ok: false, problems: [whole(`more than ${limits.aliases} aliases (*name)`)] };
  }

  const resolve = (node: unknown): Node | undefined =>
    isAlias(node) ? node.resolve(parsed) : isNode(node) ? node : undefined;
  const problemAt = (path: Path, message: string, key?: string): PolicyProblem => {
    let offset = parsed.contents?.range?.[0] ?? 0;
    let node = resolve(parsed.contents);
    for (const step of key === undefined ? path : [...path, key]) {
      const { keyNode, valueNode } = childOf(node, step);
      const found = key !== undefined && step === key ? (keyNode ?? valueNode) : (valueNode ?? keyNode);
      if (found === undefined) break;
      offset = found.range?.[0] ?? offset;
      node = resolve(valueNode);
    }
    return { ...at(offset), path: pathText(key === undefined ? path : [...path, key]), message };
  };
  try {
    return { ok: true, document: { value: parsed.toJS({ maxAliasCount: limits.aliases }), problemAt } };
  } catch (error) {
    // thrown by the library where aliases of aliases multiply
    return { ok: false, problems: [whole(error instanceof Error ? error.message : 'aliases cannot be resolved')] };
  }
}

function childOf(node: Node | undefined, step: PropertyKey): { keyNode?: Node; valueNode?: Node } {
  if (isSeq(node)) {
    const item = node.items[Number(step)];
    return isNode(item) ? { valueNode: item } : {};
  }
  if (!isMap(node)) return {};
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
  return { ...(isNode(pair?.key) && { keyNode: pair.key }), ...(isNode(pair?.value) && { valueNode: pair.value }) };
}

function pathText(path: Path): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');
}
