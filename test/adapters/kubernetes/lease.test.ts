import { describe, expect, test } from 'vitest';
import { type Election, runElection } from '../../../src/adapters/kubernetes/lease.ts';
import { KubernetesError } from '../../../src/ports/kubernetes.ts';
import type { LeaseFault } from './fakeLeaseServer.ts';
import { at, candidate, clock, elections, isPut, line, log, server, traces } from './leaseScene.ts';
import { seededRandom } from './manualClock.ts';

describe('taking the lease', () => {
  test('the first candidate leads at once, in the first epoch', async () => {
    const a = candidate('a');
    expect(a.epoch(0)).toBeUndefined();
    await clock.settle();
    expect(a.epoch(1_000)).toBe(1);
    expect(server.lease()?.spec).toMatchObject({
      holderIdentity: a.identity,
      leaseDurationSeconds: 15,
      leaseTransitions: 1,
    });
  });

  test('times have six digits, or the API server answers 400 and nobody ever leads (client-node: three)', async () => {
    const a = candidate('a');
    await clock.settle();
    const { acquireTime, renewTime } = server.lease()?.spec ?? {};
    for (const time of [acquireTime, renewTime]) expect(time).toMatch(/\.\d{6}Z$/);
    expect(a.epoch(0)).toBe(1);
  });

  test('two processes on one machine never have the same identity', () => {
    const [one, other] = [1, 2].map((seed) =>
      runElection({
        transport: server.client(),
        clock,
        random: seededRandom(seed),
        log,
        at,
        traces,
        holderName: 'pod',
      }),
    ) as [Election, Election];
    elections.push(one, other);
    expect(one.identity).not.toBe(other.identity);
    expect(one.identity).toMatch(/^pod_[0-9a-f]{16}$/);
  });

  test('a second candidate waits, and knows who leads', async () => {
    const a = candidate('a');
    await clock.settle();
    const b = candidate('b');
    await clock.advance(120_000);
    expect([a.epoch(0), b.epoch(0), b.holder()]).toEqual([1, undefined, a.identity]);
  });

  test('of two that begin at once, one leads', async () => {
    const [a, b] = [candidate('a'), candidate('b')];
    await clock.advance(60_000);
    expect([a.epoch(0), b.epoch(0)].filter((epoch) => epoch !== undefined)).toHaveLength(1);
  });

  test('a released lease is taken without waiting it out, in the next epoch', async () => {
    const a = candidate('a');
    await clock.settle();
    const b = candidate('b');
    await clock.settle();
    await a.stop();
    expect(server.lease()?.spec?.holderIdentity).toBe('');
    await clock.advance(3_000);
    expect(b.epoch(0)).toBe(2);
  });

  test('after a crash the lease is taken when it has stood still for its whole duration here', async () => {
    const link = line();
    const a = candidate(
      'a',
      server.client(() => (link.cut ? 'refuse' : undefined)),
    );
    await clock.settle();
    link.cut = true;
    const b = candidate('b');
    await clock.advance(14_999);
    expect([a.epoch(0), b.epoch(0)]).toEqual([undefined, undefined]);
    await clock.advance(1);
    expect(b.epoch(0)).toBe(2);
  });

  test('the times in the lease count for nothing: a clock that is wrong by years takes nobody’s lease', async () => {
    const a = candidate('a');
    await clock.settle();
    clock.jumpWall(10 * 365 * 86_400_000);
    const b = candidate('b');
    await clock.advance(60_000);
    expect([a.epoch(0), b.epoch(0)]).toEqual([1, undefined]);
  });
});

describe('keeping the lease', () => {
  test('costs less than nine requests a minute', async () => {
    const transport = server.client();
    candidate('a', transport);
    await clock.settle();
    const before = transport.requests.length;
    await clock.advance(600_000);
    expect((transport.requests.length - before) / 10).toBeLessThan(9);
  });

  test('an epoch is given only for as long as the lease surely lasts, and always for 6 s', async () => {
    const a = candidate('a', server.client(), seededRandom(3));
    await clock.settle();
    expect([a.epoch(13_500), a.epoch(13_501)]).toEqual([1, undefined]);
    await clock.advance(4_000);
    expect([a.epoch(9_500), a.epoch(9_501)]).toEqual([1, undefined]);
    for (let second = 0; second < 300; second++) {
      await clock.advance(1_000);
      expect(a.epoch(6_000)).toBe(1);
    }
  });

  test('not renewed for twelve seconds, leadership ends, before anybody else can begin', async () => {
    const link = line();
    const a = candidate(
      'a',
      server.client(() => (link.cut ? 'refuse' : undefined)),
    );
    await clock.settle();
    link.cut = true;
    const told: (number | undefined)[] = [];
    a.onChange((epoch) => told.push(epoch));
    await clock.advance(11_999);
    expect(a.epoch(0)).toBe(1);
    await clock.advance(1);
    expect([a.epoch(0), told]).toEqual([undefined, [undefined]]);
  });

  test('lost by time and got back, it is another epoch', async () => {
    const link = line();
    const a = candidate(
      'a',
      server.client(() => (link.cut ? 'refuse' : undefined)),
    );
    await clock.settle();
    link.cut = true;
    await clock.advance(13_000);
    link.cut = false;
    await clock.advance(3_000);
    expect(a.epoch(0)).toBe(2);
  });

  test('a process that was stopped for longer than the lease does not believe that it leads', async () => {
    const a = candidate('a');
    await clock.settle();
    clock.stall(12_000);
    expect(a.epoch(0)).toBeUndefined();
  });

  test('a renewal that is answered after leadership ended by time brings the epoch back to nobody', async () => {
    const link = line();
    const transport = server.client();
    const { answer } = transport;
    transport.answer = async (request) => {
      const reply = answer(request);
      if (link.late && isPut(request)) await new Promise<void>((resolve) => void clock.after(6_000, resolve));
      return reply;
    };
    const a = candidate('a', transport);
    await clock.settle();
    link.late = true;
    await clock.advance(11_500);
    link.late = false;
    await clock.advance(1_501);
    expect(a.epoch(0)).toBeUndefined();
    await clock.advance(1_000);
    expect(a.epoch(0)).toBe(2);
  });

  test('the lease counts from when a renewal was sent, not from when the answer came', async () => {
    const link = line();
    const transport = server.client();
    const { answer } = transport;
    transport.answer = async (request) => {
      const reply = answer(request);
      if (link.late && isPut(request)) await new Promise<void>((resolve) => void clock.after(1_900, resolve));
      return reply;
    };
    const a = candidate('a', transport);
    await clock.settle();
    link.late = true;
    await clock.advance(8_900);
    expect([a.epoch(13_500 - 1_900), a.epoch(13_501 - 1_900)]).toEqual([1, undefined]);
    link.late = false;
  });

  test('a lost reply to a renewal is read back, and counts', async () => {
    let fault: LeaseFault | undefined;
    const a = candidate(
      'a',
      server.client((request) => (isPut(request) ? fault : undefined)),
    );
    await clock.settle();
    fault = 'loseReply';
    await clock.advance(60_000);
    expect(a.epoch(0)).toBe(1);
  });

  test('a renewal that got lost is read back, does not count, and is repeated in time', async () => {
    let faults = 1;
    const a = candidate(
      'a',
      server.client((request) => (isPut(request) && faults-- > 0 ? 'loseRequest' : undefined)),
    );
    await clock.advance(7_000);
    expect([a.epoch(6_500), a.epoch(6_501)]).toEqual([1, undefined]);
    await clock.advance(500);
    expect(a.epoch(13_000)).toBe(1);
  });

  test.each(['put', 'put and look'])(
    'a renewal of which the %s never come back costs no leadership, however late it was sent',
    async (what) => {
      let hangs = 0;
      const transport = server.client();
      const { answer } = transport;
      transport.answer = async (request) => {
        const isHung = hangs > 0 && (isPut(request) || what !== 'put');
        if (!isHung) return answer(request);
        hangs -= 1;
        // As long as the client waits for it.
        await new Promise<void>((resolve) => void clock.after(request.deadlineMs, resolve));
        throw new KubernetesError('no answer', { reason: 'Timeout', mayHaveArrived: true });
      };
      // The latest that chance makes it.
      const a = candidate('a', transport, { next: () => 0.999 });
      await clock.settle();
      hangs = what === 'put' ? 1 : 2;
      const told: (number | undefined)[] = [];
      a.onChange((epoch) => told.push(epoch));
      await clock.advance(30_000);
      expect([hangs, told, a.epoch(0)]).toEqual([0, [], 1]);
    },
  );

  test('survives that somebody annotates the lease', async () => {
    const a = candidate('a');
    await clock.settle();
    for (let round = 0; round < 5; round++) {
      server.write((lease) => ({
        ...lease,
        metadata: { ...lease.metadata, annotations: { round: String(round) } },
      }));
      await clock.advance(6_000);
    }
    expect(a.epoch(0)).toBe(1);
    expect(server.lease()?.metadata.annotations).toEqual({ round: '4' });
  });

  test('ends at once when the lease names another', async () => {
    const a = candidate('a');
    await clock.settle();
    server.write((lease) => ({
      ...lease,
      spec: { ...lease.spec, holderIdentity: 'other', leaseTransitions: 7 },
    }));
    await clock.advance(7_000);
    expect([a.epoch(0), a.holder()]).toEqual([undefined, 'other']);
    await clock.advance(20_000);
    expect(a.epoch(0)).toBe(8);
  });

  test('a lease that was deleted does not begin anew with an epoch that was used, and its holder goes on soon', async () => {
    const a = candidate('a');
    await clock.settle();
    server.remove();
    await clock.advance(8_000);
    expect([a.epoch(0), server.lease()?.spec?.leaseTransitions]).toEqual([2, 2]);
  });

  test('a renewal keeps the duration, whatever somebody wrote there', async () => {
    const a = candidate('a');
    await clock.settle();
    const b = candidate('b');
    server.write((lease) => ({ ...lease, spec: { ...lease.spec, leaseDurationSeconds: 1 } }));
    await clock.advance(60_000);
    expect([a.epoch(0), b.epoch(0)]).toEqual([1, undefined]);
    expect(server.lease()?.spec?.leaseDurationSeconds).toBe(15);
  });
});

describe('giving it up', () => {
  test('ends leadership before the lease is given back, and tells so', async () => {
    const a = candidate('a');
    await clock.settle();
    const told: (number | undefined)[] = [];
    a.onChange((epoch) => told.push(epoch));
    const stopped = a.stop();
    expect([a.epoch(0), told]).toEqual([undefined, [undefined]]);
    await stopped;
    expect(server.lease()?.spec).toMatchObject({ holderIdentity: '', leaseTransitions: 1 });
  });

  test('takes back nobody else’s lease', async () => {
    const a = candidate('a');
    await clock.settle();
    const b = candidate('b');
    await clock.settle();
    await b.stop();
    expect([a.epoch(0), server.lease()?.spec?.holderIdentity]).toEqual([1, a.identity]);
  });

  test('does not hang when the server is away', async () => {
    const link = line();
    const a = candidate(
      'a',
      server.client(() => (link.cut ? 'refuse' : undefined)),
    );
    await clock.settle();
    link.cut = true;
    await a.stop();
    expect(a.epoch(0)).toBeUndefined();
  });
});
