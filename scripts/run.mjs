// Runs a script of package.json: sets up what is missing, then hands over to Node 24. Node 20 can run this file, and
// older ones get as far as the sentence that says what to install; hence the late imports.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeProblem } from './setup/versions.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const problem = nodeProblem(process.versions.node);

if (problem === undefined) {
  import('./setup/start.mjs')
    .then(({ start }) => start(root, process.argv[2], process.argv.slice(3)))
    .catch((error) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    });
} else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}
