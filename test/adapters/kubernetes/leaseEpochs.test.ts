/** Who may lead, and in which epoch, when the lease says nothing of it or everything is lost on the way. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Election } from '../../../src/adapters/kubernetes/lease.ts';
import type { LeaseFault } from './fakeLeaseServer.ts';
import { beginAnew, candidate, clock, elections, leave, left, line, server } from './leaseScene.ts';
import { seededRandom } from './manualClock.ts';

describe('a lease that says nothing of who led before', () => {
  const spoilt: readonly (readonly [string, () => void])[] = [
    ['was deleted', () => server.remove()],
    [
      'was emptied by hand',
      () => server.write((lease) => ({ ...lease, spec: { ...lease.spec, holderIdentity: '' } })),
    ],
    ['lost its whole content', () => server.write(({ spec: _, ...lease }) => lease)],
  ];

  test.each(spoilt)(
    'that %s while its holder cannot be told is not taken before he has found out',
    async (_what, spoil) => {
      const link = line();
      const a = candidate(
        'a',
        server.client(() => (link.cut ? 'refuse' : undefined)),
      );
      await clock.settle();
      const b = candidate('b');
      await clock.advance(7_100);
      link.cut = true;
      spoil();
      leave({ highestEpoch: 0, anybodyLed: true });
      const c = candidate('c');
      const led: string[] = [];
      for (let step = 0; step < 300; step++) {
        await clock.advance(100);
        const now = [a, b, c].filter((one) => one.epoch(0) !== undefined);
        expect(now.length).toBeLessThanOrEqual(1);
        for (const one of now) if (led.at(-1) !== one.identity) led.push(one.identity);
      }
      expect(led).toHaveLength(2);
      expect(led[0]).toBe(a.identity);
    },
  );

  test('is taken at once where no leader ever left a trace', async () => {
    const a = candidate('a');
    await clock.settle();
    expect(a.epoch(0)).toBe(1);
  });

  test('is taken above every epoch that left a trace elsewhere', async () => {
    leave({ highestEpoch: 41, anybodyLed: true });
    const a = candidate('a');
    await clock.advance(13_100);
    expect(a.epoch(0)).toBeUndefined();
    await clock.advance(3_000);
    expect([a.epoch(0), server.lease()?.spec?.leaseTransitions]).toEqual([42, 42]);
  });

  test.each([
    ['a higher epoch', { epoch: 9, by: 'other' }, 10],
    ['its own epoch, used by another', { epoch: 1, by: 'other' }, 2],
  ])('is taken anew above %s as soon as its trace is seen', async (_what, trace, next) => {
    const a = candidate('a');
    await clock.settle();
    const told: (number | undefined)[] = [];
    a.onChange((epoch) => told.push(epoch));
    a.noteTrace({ epoch: 1, by: a.identity });
    a.noteTrace({ epoch: 0, by: 'other' });
    expect(a.epoch(0)).toBe(1);
    a.noteTrace(trace);
    expect(a.epoch(0)).toBeUndefined();
    await clock.advance(8_000);
    expect([a.epoch(0), told]).toEqual([next, [undefined, next]]);
  });
});

describe('whatever is lost on the way', () => {
  test('two never lead at once, and no epoch is used twice, whatever people do to the lease', async () => {
    const fault = fc.constantFrom<LeaseFault | undefined>(
      undefined,
      undefined,
      'refuse',
      'loseReply',
      'loseRequest',
    );
    const script = fc.array(fault, { minLength: 40, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(
        script,
        script,
        fc.array(fc.nat(6_000), { minLength: 20, maxLength: 20 }),
        fc.array(fc.constantFrom('nothing', 'nothing', 'nothing', 'deleted', 'emptied'), {
          minLength: 20,
          maxLength: 20,
        }),
        async (...given) => {
          const [faultsA, faultsB, pauses, hands] = given;
          beginAnew();
          const pair = [faultsA, faultsB].map((faults, index) => {
            let nth = 0;
            return candidate(
              String.fromCharCode(97 + index),
              server.client(() => faults[nth++]),
              seededRandom(index),
            );
          }) as [Election, Election];
          const usedBy = new Map<number, string>();
          for (const [step, pause] of pauses.entries()) {
            if (hands[step] === 'deleted') server.remove();
            if (hands[step] === 'emptied') {
              server.write((lease) => ({ ...lease, spec: { ...lease.spec, holderIdentity: '' } }));
            }
            await clock.advance(pause);
            const leading = pair.filter((election) => election.epoch(0) !== undefined);
            expect(leading.length).toBeLessThanOrEqual(1);
            for (const leader of leading) {
              const epoch = leader.epoch(0)!;
              expect(usedBy.get(epoch) ?? leader.identity).toBe(leader.identity);
              usedBy.set(epoch, leader.identity);
              leave({ highestEpoch: Math.max(left.highestEpoch, epoch), anybodyLed: true });
            }
          }
          await Promise.all(pair.map((election) => election.stop()));
          elections.length = 0;
        },
      ),
      { numRuns: 60 },
    );
  });
});
