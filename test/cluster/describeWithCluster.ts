import { describe, test } from 'vitest';
import { whyNoBinaries } from './build.ts';

/**
 * `describe` for tests that need the real servers or kubectl. Where they cannot be built the tests are skipped and a line
 * says which and why; under CI=true that is a failure, since nobody reads such a line there.
 */
export function describeWithCluster(title: string, body: () => void): void {
  const because = whyNoBinaries();
  if (because === undefined) {
    describe(title, body);
  } else if (process.env['CI'] === 'true') {
    describe(title, () => {
      test('has what it needs, since CI=true forbids skipping', () => {
        throw new Error(because);
      });
    });
  } else {
    process.stderr.write(`skipped: "${title}", because ${because}\n`);
    describe.skip(title, body);
  }
}
