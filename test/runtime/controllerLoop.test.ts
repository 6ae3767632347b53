import { describe, expect, test } from 'vitest';
import { KubernetesError } from '../../src/ports/kubernetes.ts';
import { type ControllerOptions, follow, runController } from '../../src/runtime/controllerLoop.ts';
import { createObjectCache } from '../../src/runtime/objectCache.ts';
import { createCollectedLog } from '../adapters/kubernetes/collectedLog.ts';
import { createManualClock, middle } from '../adapters/kubernetes/manualClock.ts';
import { host, lab, type SampleHost } from '../adapters/kubernetes/sampleObjects.ts';

function start(reconcile: ControllerOptions['reconcile'], concurrency = 1) {
  const clock = createManualClock();
  const log = createCollectedLog();
  const runs: string[] = [];
  const controller = runController({
    name: 'host',
    clock,
    random: middle,
    log,
    concurrency,
    reconcile: async (at, signal) => {
      runs.push(at.name);
      return await reconcile(at, signal);
    },
  });
  return { clock, controller, log, runs };
}

const cacheOf = () => createObjectCache<SampleHost>({ onSubscriberError: () => {}, onSynced: () => {} });

describe('a controller', () => {
  test('reconciles each object of a store at first, and again when it changes or goes', async () => {
    const { clock, controller, runs } = start(async () => ({}));
    const cache = cacheOf();
    cache.replace([host('a', 1), host('b', 2)], '2');
    follow(cache, controller);
    await clock.settle();
    cache.apply(host('a', 3));
    await clock.settle();
    cache.remove(host('b', 4));
    await clock.settle();
    expect(runs).toEqual(['a', 'b', 'a', 'b']);
    await controller.stop();
  });

  test('can reconcile what an object points at, and what it pointed at before', async () => {
    const { clock, controller, runs } = start(async () => ({}));
    const cache = cacheOf();
    follow(cache, controller, ({ spec }) => (spec === undefined ? [] : [lab(spec.rack)]));
    cache.replace([host('a', 1, { rack: 'r1' })], '1');
    await clock.settle();
    cache.apply(host('a', 2, { rack: 'r2' }));
    await clock.settle();
    expect(runs).toEqual(['r1', 'r2', 'r1']);
    await controller.stop();
  });

  test('lets nothing wait for what hangs where it has no limit, as recoveries of other pools must not', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `pool-${index}`);
    const { clock, controller, runs } = start(() => new Promise(() => {}), Number.POSITIVE_INFINITY);
    for (const name of names) controller.enqueue({ namespace: 'lab', name });
    await clock.settle();
    expect(runs).toEqual(names);
  });

  test('reconciles no more at once than its limit, and goes on as soon as one has ended', async () => {
    const ends: (() => void)[] = [];
    const { clock, controller, runs } = start(
      () => new Promise((resolve) => ends.push(() => resolve({}))),
      2,
    );
    for (const name of ['a', 'b', 'c']) controller.enqueue({ namespace: 'lab', name });
    await clock.settle();
    expect(runs).toEqual(['a', 'b']);
    ends[1]?.();
    await clock.settle();
    expect(runs).toEqual(['a', 'b', 'c']);
    for (const end of ends) end();
    await controller.stop();
  });

  test('never reconciles one object twice at once, however many it may run', async () => {
    let [now, most] = [0, 0];
    const { clock, controller } = start(async () => {
      most = Math.max(most, ++now);
      await clock.settle();
      now -= 1;
      return {};
    }, 4);
    for (let event = 0; event < 20; event++) {
      controller.enqueue(lab('a'));
      await Promise.resolve();
    }
    await clock.advance(10);
    expect(most).toBe(1);
    await controller.stop();
  });

  test('works on as many objects at once as it may', async () => {
    const { clock, controller, runs } = start(() => new Promise(() => {}), 3);
    for (const name of ['a', 'b', 'c', 'd', 'e']) controller.enqueue(lab(name));
    await clock.settle();
    expect(runs).toEqual(['a', 'b', 'c']);
    expect(controller.status()).toMatchObject({ running: 3, waiting: 2 });
    await clock.advance(7_000);
    expect(controller.status().longestRunningMs).toBe(7_000);
  });

  test('looks again when it was asked to, and not otherwise', async () => {
    let requeueAfterMs: number | undefined = 30_000;
    const { clock, controller, runs } = start(async () => {
      const result = requeueAfterMs === undefined ? {} : { requeueAfterMs };
      requeueAfterMs = undefined;
      return result;
    });
    controller.enqueue(lab('a'));
    await clock.advance(29_999);
    expect(runs).toHaveLength(1);
    await clock.advance(1);
    expect(runs).toHaveLength(2);
    await clock.advance(3_600_000);
    expect(runs).toHaveLength(2);
    await controller.stop();
  });

  test('repeats one that threw after growing waits, and the others go on meanwhile', async () => {
    const atMs: number[] = [];
    const { clock, controller, log, runs } = start(async ({ name }) => {
      if (name === 'good') return {};
      atMs.push(clock.monotonicMs());
      throw new Error('it is broken');
    });
    controller.enqueue(lab('bad'));
    await clock.advance(3_600);
    controller.enqueue(lab('good'));
    await clock.settle();
    expect(atMs.slice(1).map((ms, index) => ms - atMs[index]!)).toEqual([500, 1_000, 2_000]);
    expect(runs).toContain('good');
    expect(log.lines[0]?.fields).toMatchObject({ controller: 'host', object: 'lab/bad', retryInMs: 500 });
    expect(controller.status()).toMatchObject({ failures: 4, runs: 5 });
    await controller.stop();
  });

  test('waits shortly again after one that went well', async () => {
    const outcomes = ['bad', 'bad', 'bad', 'good', 'bad', 'end'];
    const atMs: number[] = [];
    const { clock, controller } = start(async () => {
      atMs.push(clock.monotonicMs());
      const outcome = outcomes.shift();
      if (outcome === 'bad') throw new Error('it is broken');
      return outcome === 'good' ? { requeueAfterMs: 7_000 } : {};
    });
    controller.enqueue(lab('a'));
    await clock.advance(60_000);
    expect(atMs.slice(1).map((ms, index) => ms - atMs[index]!)).toEqual([500, 1_000, 2_000, 7_000, 500]);
    await controller.stop();
  });

  test('waits at least as long as the API server asked for', async () => {
    const { clock, controller, runs } = start(async () => {
      throw new KubernetesError('busy', {
        status: 429,
        reason: 'TooManyRequests',
        mayHaveArrived: false,
        retryAfterMs: 9_000,
      });
    });
    controller.enqueue(lab('a'));
    await clock.advance(8_999);
    expect(runs).toHaveLength(1);
    await clock.advance(1);
    expect(runs).toHaveLength(2);
    await controller.stop();
  });

  test('a reconcile that throws before its first await is a failure like any other', async () => {
    const { clock, controller } = start(() => {
      throw new Error('at once');
    });
    controller.enqueue(lab('a'));
    await clock.settle();
    expect(controller.status().failures).toBe(1);
    await controller.stop();
  });

  test('stopping lets what runs come to its end, tells it, and begins nothing new', async () => {
    let finish = (): void => {};
    let told = false;
    const { clock, controller, runs } = start((_, signal) => {
      signal.addEventListener('abort', () => {
        told = true;
      });
      return new Promise((resolve) => {
        finish = () => resolve({ requeueAfterMs: 1 });
      });
    });
    controller.enqueue(lab('a'));
    controller.enqueue(lab('b'));
    await clock.settle();
    let stopped = false;
    const stopping = controller.stop().then(() => {
      stopped = true;
    });
    await clock.settle();
    expect([told, stopped]).toEqual([true, false]);
    finish();
    await stopping;
    await clock.advance(60_000);
    expect([runs, clock.timers()]).toEqual([['a'], 0]);
  });

  test('stopping does not wait for ever for one that hangs, and names it', async () => {
    const { clock, controller, log } = start(() => new Promise(() => {}));
    controller.enqueue(lab('a'));
    await clock.settle();
    const stopping = controller.stop();
    await clock.advance(60_000);
    await stopping;
    expect(log.lines.at(-1)).toMatchObject({ level: 'error', fields: { running: ['lab/a'] } });
  });
});
