import { expect, test } from 'vitest';
import { othersThan } from '../../src/controllers/cluster.ts';

const host = (namespace: string, name: string) => ({
  apiVersion: 'kintsugi.dev/v1alpha1',
  kind: 'Host',
  metadata: { namespace, name },
});

test('names another claimant of one machine with its namespace, where that is another one', () => {
  const self = host('tokyo', 'host-1');
  const all = [self, host('tokyo', 'host-2'), host('osaka', 'host-1')];
  expect(othersThan(self, all)).toEqual(['host-2', 'osaka/host-1']);
});
