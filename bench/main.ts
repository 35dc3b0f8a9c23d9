/** The measured claims: `npm run bench`, or one of them by name. Each prints its figures beside what they are held to. */

import { benchCard } from './card.ts';
import type { Figure } from './figure.ts';
import { benchLoad } from './load.ts';
import { benchMonth } from './month.ts';
import { benchQueue } from './queue.ts';
import { benchScale } from './scale.ts';
import { benchScan } from './scan.ts';
import { benchSize } from './size.ts';

const benches: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  size: benchSize,
  load: benchLoad,
  scan: benchScan,
  queue: benchQueue,
  card: benchCard,
  month: benchMonth,
  scale: benchScale,
};

process.exitCode = await main(process.argv.slice(2));

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !Object.hasOwn(benches, name));
  if (unknown.length > 0) {
    process.stderr.write(`bench: there is no ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}\n`);
    return 3;
  }
  for (const [name, run] of Object.entries(benches)) {
    if (names.length > 0 && !names.includes(name)) continue;
    process.stdout.write(`\n${name}\n`);
    for (const { what, value, unit, goal, met } of await run()) {
      const held = goal === undefined ? '' : `${met ? 'met' : 'MISSED'}: ${goal}`;
      process.stdout.write(
        `  ${what.padEnd(58)} ${value.toFixed(value < 100 ? 1 : 0).padStart(9)} ${unit.padEnd(8)} ${held}\n`,
      );
    }
  }
  return 0;
}
