import { describe, expect, test } from 'vitest';
import { actsOf, declaring, expectWaiting, stepOf } from './decisions.ts';
import { diskOf, heldByTarget, lock, nowMs, released, unlocked, vmUUID, type World } from './facts.ts';

describe('the locks', () => {
  const twice = (): World => released().acted({ key: declaring, sinceMs: nowMs - 5000 });

  test('does not ask again on the strength of locks that were read before the release', () => {
    expectWaiting(released().locks([lock('web', heldByTarget)], 10_001), /read after the release/);
  });
  test('does not take locks that were read before the release for gone', () => {
    expectWaiting(released().locks([], 10_001), /read after the release/);
  });
  test('waits while the locks cannot be read', () => {
    expectWaiting(
      released().with({ locks: { kind: 'unknown', because: 'the SR does not answer' } }),
      /SR does not answer/,
    );
  });
  test('removes by hand what is left after the pool was asked twice, one disk at a time', () => {
    expect(actsOf(twice().locks([lock('database', heldByTarget), lock('web', heldByTarget)]))).toEqual([
      { kind: 'removeLock', vdiUUID: diskOf('database'), hostRef: 'OpaqueRef:host-3' },
    ]);
  });
  test('leaves the locks on disks that are not of the plan', () => {
    const world = twice().locks([lock('scratch', heldByTarget)]);
    expect(stepOf(world)).toBe(4);
  });
  test('does not touch a disk with which storage work is being done', () => {
    const busy = { ...lock('web', heldByTarget), currentOperations: ['snapshot'] };
    expectWaiting(twice().locks([busy]), /Storage work is under way on disk disk-web \(snapshot\)/);
  });
  test('does not touch a disk while something is being done with its whole storage', () => {
    expectWaiting(
      twice()
        .storage('sr-shared', { currentOperations: ['scan'] })
        .locks([lock('web', heldByTarget)]),
      /under way.*scan/,
    );
  });
  test('does not hold up every other virtual machine for one disk that nobody here may free', () => {
    const other = { ...lock('web', { ...heldByTarget, 'OpaqueRef:host-2': 'RO' }) };
    const interrupted = { ...lock('shop', heldByTarget), interruptedWork: ['paused'] };
    const world = unlocked()
      .acted({ key: declaring, sinceMs: nowMs - 5000 })
      .locks([other, interrupted, lock('database')]);
    expect(actsOf(world)).toMatchObject([{ kind: 'start', vmUUID: vmUUID('database') }]);
  });
  test('does not remove one lock a third time', () => {
    const failed = { key: `removeLock ${diskOf('web')}`, outcome: 'NotDone' } as const;
    expect(
      stepOf(
        twice()
          .locks([lock('web', heldByTarget)])
          .acted(failed)
          .acted(failed),
      ),
    ).toBe(4);
  });
  test('does not ask for a release of nobody knows what when the plan is lost', () => {
    expectWaiting(released().with({ plan: undefined }), /plan of this recovery is not known/);
  });
});
