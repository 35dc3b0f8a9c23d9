import { readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/** Who may import whom, by name, and what the pure rooms must not touch (docs: architecture, section 3). */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const AZURE = /^@azure\//;
const NODE = /^node:/;

interface Room {
  /** rooms of src, by name; `*` is all but those that start the program */
  readonly rooms: readonly string[];
  /** packages and Node modules */
  readonly packages: readonly (string | RegExp)[];
}

const ROOMS: Readonly<Record<string, Room>> = {
  model: { rooms: [], packages: [] },
  // isIP of node:net does no I/O
  rules: { rooms: ['model'], packages: ['node:net'] },
  checks: { rooms: ['model', 'rules'], packages: [] },
  posture: { rooms: ['model'], packages: [] },
  reports: { rooms: ['model', 'posture'], packages: ['node:util'] },
  // ids and scopes compare by one rule everywhere; verdicts stay out of reach
  evidence: { rooms: ['model', 'rules'], packages: [AZURE, NODE, 'node-dig-dns'] },
  state: { rooms: ['model', 'posture'], packages: [AZURE, NODE] },
  alerts: { rooms: ['model', 'posture'], packages: [AZURE, NODE, /^@opentelemetry\//, 'applicationinsights', 'zod'] },
  settings: { rooms: ['model', 'clouds', 'schedules'], packages: ['zod', 'node:net'] },
  clouds: { rooms: ['model'], packages: [] },
  schedules: { rooms: ['model'], packages: [] },
  policy: { rooms: ['model'], packages: ['zod', 'yaml', 'node:crypto'] },
  permissions: { rooms: [], packages: [] },
  // writes what the evidence's edge heard; verdicts stay out of reach
  export: {
    rooms: ['model', 'rules', 'policy', 'evidence'],
    packages: ['@azure/core-rest-pipeline', 'node:crypto', 'node:net'],
  },
  sweep: { rooms: ['model', 'posture'], packages: [] },
  app: { rooms: ['*'], packages: [/./] },
  functions: { rooms: ['app'], packages: ['@azure/functions'] },
  cli: { rooms: ['app'], packages: [NODE] },
};
const STARTS = ['functions', 'cli'];

/** Without side effects a verdict depends on its arguments alone. */
const PURE = ['rules', 'checks', 'posture', 'reports'];
const IMPURE =
  /\bDate\.now\b|\bnew Date\(\)|\bDate\(\)|\bprocess\.|\bMath\.random\b|\bperformance\.|\brandomUUID\b|\bsetTimeout\b|\bsetInterval\b|\bfetch\(|\bconsole\.|\bimport\.meta\b/;

interface Source {
  /** from the repository's root, with forward slashes */
  readonly path: string;
  readonly text: string;
}

interface Import {
  readonly from: string;
  /** a path like `src/model.ts`, or a package */
  readonly to: string;
  readonly typeOnly: boolean;
}

function sourcesUnder(folder: string): readonly Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?[jt]s$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: file.slice(ROOT.length).replaceAll('\\', '/'), text: readFileSync(file, 'utf8') }));
}

const STATEMENTS = [
  /^import\s+(type\s)?[^'"]*?\bfrom\s+'([^']+)'/gm,
  /^export\s+(type\s)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s+from\s+'([^']+)'/gm,
  /^import\s+()'([^']+)'/gm,
  /\bimport\(\s*()['"`]([^'"`]+)['"`]/g,
  /\brequire\(\s*()['"`]([^'"`]+)['"`]/g,
];

function importsOf({ path, text }: Source): readonly Import[] {
  return STATEMENTS.flatMap((statement) => [...text.matchAll(statement)]).map(([, typeOnly, target = '']) => ({
    from: path,
    to: target.startsWith('.') ? normalize(join(path, '..', target)).replaceAll('\\', '/') : target,
    typeOnly: typeOnly !== undefined && typeOnly !== '',
  }));
}

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
const isFile = (target: string): boolean =>
  /^[\w.-]+\/.*\.\w+$|^\.\.|^[\w-]+\.json$/.test(target) && !target.startsWith('@');
/** `src/policy.ts` and `src/policy/…` are one room. */
const roomOf = (path: string): string => (path.split('/')[1] ?? '').replace(/\.ts$/, '');
const tell = ({ from, to }: Import): string => `${from} imports ${to}`;

const src = sourcesUnder('src');

test('every room of src is in the table', () => {
  expect([...new Set(src.map((file) => roomOf(file.path)))].filter((room) => !Object.hasOwn(ROOMS, room))).toEqual([]);
});

describe.each(Object.entries(ROOMS))('%s', (room, allowed) => {
  const imports = src.filter((file) => roomOf(file.path) === room).flatMap(importsOf);

  test(`imports no room but ${allowed.rooms.join(', ') || 'itself'}`, () => {
    const wrong = imports
      .filter((one) => one.to.startsWith('src/') && roomOf(one.to) !== room)
      .filter((one) => {
        const target = roomOf(one.to);
        return STARTS.includes(target) || !(allowed.rooms.includes('*') || allowed.rooms.includes(target));
      });
    expect(wrong.map(tell)).toEqual([]);
  });

  test('imports only the packages that it is for', () => {
    const wrong = imports
      .filter((one) => !isFile(one.to))
      .filter(
        (one) => !allowed.packages.some((name) => (typeof name === 'string' ? name === one.to : name.test(one.to))),
      );
    expect(wrong.map(tell)).toEqual([]);
  });
});

test('nothing in src imports the sandbox, tests, benches or scripts: no green by looking at a pretence', () => {
  const outside = src
    .flatMap(importsOf)
    .filter((one) => isFile(one.to) && !one.to.startsWith('src/'))
    .filter((one) => !(roomOf(one.from) === 'app' && one.to === 'package.json'));
  expect(outside.map(tell)).toEqual([]);
  expect(
    src.filter((file) => /['"`][^'"`\n]*\bsandbox\/[^'"`\n]*['"`]/.test(file.text)).map((file) => file.path),
  ).toEqual([]);
});

test('the sandbox takes nothing from src but the types of the model', () => {
  const taken = sourcesUnder('sandbox')
    .flatMap(importsOf)
    .filter((one) => one.to.startsWith('src/') && !(one.to === 'src/model.ts' && one.typeOnly));
  expect(taken.map(tell)).toEqual([]);
});

test('a check imports no other check', () => {
  const wrong = src
    .filter((file) => roomOf(file.path) === 'checks' && file.path !== 'src/checks/index.ts')
    .flatMap(importsOf)
    .filter((one) => one.to.startsWith('src/checks/') && one.to !== 'src/checks/verdict.ts');
  expect(wrong.map(tell)).toEqual([]);
});

test('the model is types only', () => {
  const model = src.find((file) => file.path === 'src/model.ts');
  expect(withoutComments(model?.text ?? 'const')).not.toMatch(/\b(const|let|var|function|class|enum|import)\b/);
});

test('functions holds trigger files and nothing else: one registration each, no logic', () => {
  const triggers = src.filter((file) => roomOf(file.path) === 'functions');
  for (const { path, text } of triggers) {
    expect(path).toMatch(/^src\/functions\/[a-z-]+\.ts$/);
    expect([path, text.match(/^app\.\w+\(/gm)?.length]).toEqual([path, 1]);
    expect([path, withoutComments(text).match(/\b(if|for|while|switch|function|class|await|try)\b/g)]).toEqual([
      path,
      null,
    ]);
  }
});

test('only functions knows @azure/functions at run time', () => {
  const users = src.flatMap(importsOf).filter((one) => one.to === '@azure/functions' && !one.typeOnly);
  expect(users.filter((one) => roomOf(one.from) !== 'functions').map(tell)).toEqual([]);
});

test.each(PURE)('%s reads no clock, no environment and no chance, and writes nowhere', (room) => {
  const wrong = src
    .filter((file) => roomOf(file.path) === room)
    .flatMap((file) =>
      withoutComments(file.text)
        .split('\n')
        .map((line) => `${file.path}: ${line.trim()}`),
    )
    .filter((line) => IMPURE.test(line));
  expect(wrong).toEqual([]);
});

test('the walls see what they should: imports of every form', () => {
  const text = [
    "import { a } from '../model.ts';",
    "import type {\n  B,\n} from '../rules/x.ts';",
    "import './side.ts';",
    "export * from '../../sandbox/y.ts';",
    "const z = await import('zod');",
    "export const from = 'nothing';",
  ].join('\n');
  const seen = importsOf({ path: 'src/checks/a.ts', text });
  expect(seen.map((one) => one.to).sort()).toEqual(
    ['sandbox/y.ts', 'src/checks/side.ts', 'src/model.ts', 'src/rules/x.ts', 'zod'].sort(),
  );
  expect(seen.filter((one) => one.typeOnly).map((one) => one.to)).toEqual(['src/rules/x.ts']);
});
