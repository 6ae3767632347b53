/** What a long silence costs, and that it is told in the same words as long as it lasts. */
import { expect, test } from 'vitest';
import type { OutgoingRequest } from '../../src/simulation/faults.ts';
import { settled } from './stage.ts';

test('a member whose silence shows itself in turns as no answer and as a broken connection costs no status write', async () => {
  const writes: OutgoingRequest[] = [];
  let address: string | undefined;
  let turn = 0;
  const world = await settled({
    interpose: (request) => {
      if (request.from !== 'operator') return 'deliver';
      if (request.method === 'PUT' && /\/(?:hosts|pools)\//.test(request.path)) writes.push(request);
      if (address === undefined || !request.to.includes(`//${address}:`)) return 'deliver';
      turn += 1;
      return { kind: 'dropRequest', shownAs: turn % 2 === 0 ? 'reset' : 'silence' };
    },
  });
  address = world.lab.document.members[2]?.address;
  await world.until(async () => {
    const host = await world.host('host-3');
    return (
      host?.status?.conditions?.some((one) => one.type === 'Suspected' && one.status === 'True') === true
    );
  });
  await world.pass(60_000);
  const before = turn;
  writes.splice(0);
  await world.pass(4 * 60_000);
  expect(turn - before).toBeGreaterThan(20);
  const told = writes.map(({ path, body }) => `${path} ${JSON.stringify(JSON.parse(body).status)}`);
  // The Pool's observedAt is refreshed every five minutes, whatever happens.
  expect(told.filter((write) => !write.includes('/pools/'))).toEqual([]);
  expect(told.length).toBeLessThanOrEqual(1);
});
