import { defineConfig } from 'vitest/config';

/** Folders whose tests leave their process as they found it; test/leave-as-found.ts holds them to that. */
const sharing = [
  'test/*.test.ts',
  'test/{app,architecture,checks,infra,posture,reports,rules,sandbox,state,sweep}/**/*.test.ts',
];

export default defineConfig({
  test: {
    // processes, not threads: the sandbox patches module loading, and azurite is a child of its own
    pool: 'forks',
    // one more than two cores have: somewhere a test always waits for what hangs
    maxWorkers: 3,
    // concurrent tests of one file run whole sandboxes
    maxConcurrency: 2,
    // a busy machine is no defect: these only end what hangs
    testTimeout: 60_000,
    hookTimeout: 120_000,
    restoreMocks: true,
    teardownTimeout: 10_000,
    projects: [
      {
        // These trust a sandbox, or have its identity, and the product remembers both for as long as its process lives.
        extends: true,
        test: { name: 'alone', include: ['test/**/*.test.ts'], exclude: sharing },
      },
      {
        // One process after another file's saves loading the query language and the SDKs once more. They are the short
        // ones: as projects run in the order of their names, they even out what the long ones leave.
        extends: true,
        test: { name: 'sharing', include: sharing, isolate: false, setupFiles: ['test/leave-as-found.ts'] },
      },
    ],
  },
});
