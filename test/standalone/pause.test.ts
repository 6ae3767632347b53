import { describe, expect, it } from 'vitest';
import { createPause } from '../../src/standalone/serving/pause.ts';

describe('the pause of a stream', () => {
  it('keeps a wake that comes while nobody waits', async () => {
    const pause = createPause([]);
    pause.wake();
    await pause.wait();
    const second = pause.wait().then(() => 'woken');
    expect(await Promise.race([second, Promise.resolve('waiting')])).toBe('waiting');
    pause.wake();
    expect(await second).toBe('woken');
  });

  it('is over as soon as one of its signals is aborted, before or after', async () => {
    const gone = new AbortController();
    const pause = createPause([new AbortController().signal, gone.signal]);
    const waiting = pause.wait();
    gone.abort();
    await waiting;
    expect([pause.stopped(), createPause([gone.signal]).stopped()]).toEqual([true, true]);
  });
});
