import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const story = fileURLToPath(new URL('../../sandbox/story/main.ts', import.meta.url));

test('the story of npm start comes out as told, step by step', { timeout: 600_000 }, async () => {
  const child = spawn(process.execPath, [story, '--once'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
  }
  const code = await new Promise((resolve) => child.once('close', resolve));

  expect(code, text.slice(-4000)).toBe(0);
  expect(text.match(/^\(\d\)/gm)).toEqual(['(1)', '(2)', '(3)', '(4)', '(5)', '(6)', '(7)']);
  expect(text).toContain('Changed by      mallory@contoso-health.example');
});
