import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // processes, not threads: the sandbox patches module loading, and azurite is a child of its own
    pool: 'forks',
    maxWorkers: 2,
    // concurrent tests of one file run whole sandboxes
    maxConcurrency: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    teardownTimeout: 10_000,
  },
});
