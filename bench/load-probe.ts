/** Prints how many milliseconds a bundle takes from require to having registered its functions. */
import Module, { createRequire } from 'node:module';

let registered = 0;
const nothing = { dispose: () => {} };
const core = {
  version: '3.13.0',
  hostVersion: '4.1000.0',
  Disposable: Object,
  setProgrammingModel: () => {},
  getProgrammingModel: () => undefined,
  registerFunction: () => {
    registered += 1;
    return nothing;
  },
  registerHook: () => nothing,
  log: () => {},
};
// What the host does: the library asks for a module that only the host has.
const loader = Module as unknown as { _load: (id: string, ...rest: readonly unknown[]) => unknown };
const load = loader._load;
loader._load = (id, ...rest) => (id === '@azure/functions-core' ? core : load.call(Module, id, ...rest));

const started = performance.now();
createRequire(import.meta.url)(process.argv[2] ?? '');
const took = performance.now() - started;
if (registered === 0) throw new Error('the bundle registered nothing');
process.stdout.write(String(took));
process.exit(0);
