import { defineConfig } from 'vitest/config';

// vitest started with the machine's own, older Node would pass some tests and mean nothing.
if (Number(process.versions.node.split('.')[0]) < 24) {
  throw new Error(
    `the tests need Node 24 or newer, and this is ${process.versions.node}: run them with "npm test"`,
  );
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', './test/closingLine.ts'],
    testTimeout: 60_000,
    hookTimeout: 600_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
