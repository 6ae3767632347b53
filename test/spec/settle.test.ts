import { describe, expect, test } from 'vitest';
import { settle } from '../../src/domain/acts/catalogue.ts';
import type { Entry } from '../../src/domain/kernel/facts.ts';

import {
  diskOf,
  fenced,
  heldByTarget,
  hostUUID,
  lock,
  machine,
  notRead,
  nowMs,
  nowWallMs,
  read,
  released,
  suspected,
  target,
  unlocked,
  vmUUID,
} from './facts.ts';

function act(key: string, change: Partial<Entry> = {}): Entry {
  return {
    key,
    attempt: 1,
    sinceMs: nowMs - 30_000,
    atWallMs: nowWallMs,
    outcome: 'Intended',
    reply: undefined,
    says: undefined,
    ...change,
  };
}

const longAgo = { sinceMs: nowMs - 60_001 };
const justNow = { sinceMs: nowMs - 9_000 };

describe('a power cut', () => {
  const cut = (change?: Partial<Entry>): Entry => act(`cutPower ${target}`, change);

  test('is proven by a reading of off after it, whatever the reply was', () => {
    expect(settle(cut({ reply: 'failed' }), suspected().power('off', 1000).facts)).toBe('Proven');
  });
  test('is open on the strength of readings from before it', () => {
    const before = suspected().with({ powerReadings: [] }).power('off', 31_000);
    expect(settle(cut(), before.facts)).toBe('open');
  });
  test('is open while the power still reads as on and may yet go off', () => {
    expect(settle(cut({ reply: 'succeeded' }), suspected().facts)).toBe('open');
  });
  test('is not done when the power reads as on a minute later', () => {
    expect(settle(cut({ reply: 'lost', ...longAgo }), suspected().facts)).toBe('NotDone');
  });
  test('is open while the power is neither on nor off, or cannot be read', () => {
    expect(settle(cut(longAgo), suspected().power('other', 500).facts)).toBe('open');
    expect(settle(cut(longAgo), suspected().with({ powerReadings: [] }).facts)).toBe('open');
  });
});

describe('a release', () => {
  const declared = (change?: Partial<Entry>): Entry => act(`declareDead ${target}`, change);

  test('is proven when the pool, read after it, has released the member', () => {
    expect(settle(declared({ reply: 'succeeded' }), released().facts)).toBe('Proven');
  });
  test('is not proven by a success that cannot be read back', () => {
    expect(settle(declared({ reply: 'succeeded', ...justNow }), fenced().facts)).toBe('open');
    expect(settle(declared({ reply: 'succeeded' }), fenced().facts)).toBe('NotDone');
  });
  test('is open on the strength of a database from before it', () => {
    expect(settle(declared({ reply: 'succeeded' }), released().poolReadAgo(31_000).facts)).toBe('open');
    expect(settle(declared({ reply: 'succeeded' }), released().with({ pool: notRead }).facts)).toBe('open');
  });
  test('is not done when the pool failed it and the member is not released', () => {
    expect(settle(declared({ reply: 'failed' }), fenced().facts)).toBe('NotDone');
  });
  test('stays open while its request may still arrive, though the database looks released: its hook may still run', () => {
    expect(settle(declared({ reply: 'lost', ...justNow }), released().facts)).toBe('open');
    expect(settle(declared({ reply: 'lost' }), released().facts)).toBe('Proven');
    expect(settle(declared({ reply: 'lost' }), fenced().facts)).toBe('NotDone');
  });
  test('stays open while the pool works on it, though its reply was lost long ago (it was once sent again meanwhile)', () => {
    const working = { runningTasks: read(['Async.host.declare_dead']) };
    expect(settle(declared({ reply: 'lost', ...longAgo }), fenced().with(working).facts)).toBe('open');
    expect(settle(declared({ reply: 'lost', ...longAgo }), released().with(working).facts)).toBe('open');
  });
  test('has its longest time where it is not known what the pool works on', () => {
    const blind = fenced().with({ runningTasks: notRead });
    expect(settle(declared({ reply: 'lost', ...longAgo }), blind.facts)).toBe('open');
    expect(settle(declared({ reply: 'lost', sinceMs: nowMs - 300_001 }), blind.poolReadAgo(500).facts)).toBe(
      'NotDone',
    );
  });
  test('stays open as long as its reply is waited for: a pool may be slow', () => {
    expect(settle(declared(longAgo), released().facts)).toBe('open');
    expect(settle(declared(longAgo), fenced().facts)).toBe('open');
  });
});

describe('the removal of a lock', () => {
  const removed = (change?: Partial<Entry>): Entry => act(`removeLock ${diskOf('web')}`, change);

  test('is proven when the lock, read after it, is gone', () => {
    expect(settle(removed({ reply: 'lost' }), released().locks([lock('web')]).facts)).toBe('Proven');
  });
  test('is open on the strength of locks from before it', () => {
    expect(settle(removed(), released().locks([lock('web')], 31_000).facts)).toBe('open');
  });
  test('is not done when the pool failed it, or it is still there half a minute later', () => {
    const world = released().locks([lock('web', heldByTarget)]);
    expect(settle(removed({ reply: 'failed' }), world.facts)).toBe('NotDone');
    expect(settle(removed({ reply: 'succeeded' }), world.facts)).toBe('open');
    expect(settle(removed({ reply: 'lost', sinceMs: nowMs - 30_001 }), world.facts)).toBe('NotDone');
  });
});

describe('a start', () => {
  const started = (change?: Partial<Entry>): Entry => act(`start ${vmUUID('web')}`, change);
  const running = machine('web', { powerState: 'Running', residentOn: hostUUID(2) });

  test('is proven when it is read as running elsewhere, whatever the reply was', () => {
    const world = unlocked().start('web', { record: read(running) });
    expect(settle(started({ reply: 'failed' }), world.facts)).toBe('Proven');
  });
  test('is open on the strength of a record from before it', () => {
    const world = unlocked().start('web', { record: read(running, 31_000) });
    expect(settle(started(), world.facts)).toBe('open');
    expect(settle(started(longAgo), unlocked().start('web', { record: notRead }).facts)).toBe('open');
  });
  test('is not done when the pool failed it and it is halted', () => {
    expect(settle(started({ reply: 'failed' }), unlocked().facts)).toBe('NotDone');
  });
  test('is open while the pool still works on it, however long', () => {
    const halted = { powerState: 'Halted', residentOn: undefined } as const;
    for (const busy of [{ currentOperations: ['start_on'] }, { scheduledOn: hostUUID(2) }]) {
      const world = unlocked().start('web', { record: read(machine('web', { ...halted, ...busy })) });
      expect(settle(started({ reply: 'failed', ...longAgo }), world.facts)).toBe('open');
    }
  });
  test('is open while its request may still arrive, and not done when it is halted after that and nothing starts', () => {
    expect(settle(started({ reply: 'lost', ...justNow }), unlocked().start('web', {}).facts)).toBe('open');
    expect(settle(started({ reply: 'lost' }), unlocked().facts)).toBe('NotDone');
  });
  test('is open while the pool starts something, and has its longest time where nobody knows what it does', () => {
    const working = unlocked().with({ runningTasks: read(['Async.VM.start_on']) });
    expect(settle(started({ reply: 'lost', ...longAgo }), working.facts)).toBe('open');
    const blind = unlocked().with({ runningTasks: notRead });
    expect(settle(started({ reply: 'lost', ...longAgo }), blind.facts)).toBe('open');
    expect(settle(started({ reply: 'lost', sinceMs: nowMs - 180_001 }), blind.facts)).toBe('NotDone');
  });
  test('has its longest time after the master was restarted: the list of tasks is gone, and the start goes on at its host', () => {
    const restarted = unlocked().pool({ masterUpForMs: 40_000 });
    expect(settle(started({ reply: 'lost', ...longAgo }), restarted.facts)).toBe('open');
    expect(settle(started({ reply: 'lost', sinceMs: nowMs - 180_001 }), restarted.facts)).toBe('NotDone');
  });
  test('is open as long as its reply is waited for, however long that is', () => {
    expect(settle(started(longAgo), unlocked().facts)).toBe('open');
  });
  test('is not proven by a virtual machine that the failed member itself is believed to run', () => {
    const world = unlocked().start('web', { record: read(machine('web')) });
    expect(settle(started(longAgo), world.facts)).toBe('open');
  });
});
