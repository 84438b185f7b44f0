import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['src/**/*.test.ts', 'tools/**/*.test.ts'], pool: 'threads', isolate: false } },
      {
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          pool: 'forks',
          // Real containers, network namespaces and load: one file at a time on two cores.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
