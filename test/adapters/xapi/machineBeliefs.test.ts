/** Only what an event touches is made anew, and the result is the one that reading everything again would give. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WatchedEvent } from '../../../src/adapters/xapi/eventPoll.ts';
import { createMachineBeliefs } from '../../../src/adapters/xapi/machineBeliefs.ts';
import type { MasterCopy } from '../../../src/adapters/xapi/masterSync.ts';
import {
  applyEvents,
  emptyTables,
  noChanges,
  nothingTouched,
} from '../../../src/adapters/xapi/recordTables.ts';
import type { VirtualMachineBelief } from '../../../src/domain/xapi/pool.ts';

const few = (letter: string) => fc.integer({ min: 1, max: 4 }).map((number) => `${letter}${number}`);
const owned = (what: string) =>
  fc.tuple(fc.integer({ min: 1, max: 4 }), few(what)).map(([vm, ref]) => `${vm}${ref}`);
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });

const machine = fc.record({
  name: few('name'),
  powerState: fc.constantFrom('Running' as const, 'Halted' as const),
  residentOnRef: maybe(few('host')),
  guestMetricsRef: maybe(few('metrics')),
  vbdRefs: fc.uniqueArray(few('vbd'), { maxLength: 3 }),
});

const event: fc.Arbitrary<WatchedEvent> = fc.oneof(
  fc
    .tuple(
      few('vm'),
      maybe(
        fc.oneof(
          { weight: 6, arbitrary: machine },
          { weight: 1, arbitrary: fc.constant('leftOut' as const) },
        ),
      ),
    )
    .map(([ref, record]) => ({
      class: 'vm' as const,
      ref,
      record: record === undefined || record === 'leftOut' ? record : whole(ref, record),
    })),
  fc
    .tuple(
      owned('vbd'),
      maybe(
        fc.record({
          vdiRef: maybe(few('vdi')),
          mode: fc.constantFrom('RW' as const, 'RO' as const),
          removable: fc.boolean(),
        }),
      ),
    )
    .map(([ref, record]) => ({ class: 'vbd' as const, ref, record })),
  fc.tuple(owned('metrics'), maybe(fc.record({ live: fc.boolean() }))).map(([ref, record]) => ({
    class: 'vm_guest_metrics' as const,
    ref,
    record,
  })),
  fc.tuple(few('host'), maybe(few('uuid-of-host'))).map(([ref, uuid]) => ({
    class: 'host' as const,
    ref,
    record: uuid === undefined ? undefined : { uuid },
  })),
) as fc.Arbitrary<WatchedEvent>;

/** What belongs to one virtual machine belongs to no other. */
function whole(
  ref: string,
  drawn: {
    readonly name?: string;
    readonly powerState?: string;
    readonly vbdRefs?: readonly string[];
    readonly guestMetricsRef?: string | undefined;
  },
): object {
  const { vbdRefs = [], guestMetricsRef, ...rest } = drawn;
  const number = ref.slice('vm'.length);
  return {
    uuid: `uuid-of-${ref}`,
    scheduledOnRef: undefined,
    affinityRef: undefined,
    currentOperations: [],
    memoryBytes: 1,
    order: 0,
    startDelaySeconds: 0,
    ...rest,
    vbdRefs: vbdRefs.map((vbd) => `${number}${vbd}`),
    guestMetricsRef: guestMetricsRef === undefined ? undefined : `${number}${guestMetricsRef}`,
  };
}

function emptyCopy(): MasterCopy {
  const disks = new Map(
    [1, 2, 3, 4].map((number) => [`vdi${number}`, { uuid: `uuid-of-vdi${number}`, srRef: 'sr1' }]),
  );
  const tables = emptyTables();
  tables.sr.set('sr1', { uuid: 'uuid-of-sr1' } as never);
  return { tables, changes: noChanges(), touched: nothingTouched(), disks } as unknown as MasterCopy;
}

test('after any events the beliefs are those of everything read anew, and what is told as changed is what differs', () => {
  fc.assert(
    fc.property(fc.array(fc.array(event, { maxLength: 4 }), { maxLength: 12 }), (batches) => {
      const copy = emptyCopy();
      const beliefs = createMachineBeliefs();
      let before: ReadonlyMap<string, VirtualMachineBelief> = beliefs.of(copy);
      beliefs.takeChanged();
      for (const batch of batches) {
        applyEvents(copy.tables, batch, copy.changes, copy.touched);
        const now = beliefs.of(copy);
        const anew = createMachineBeliefs().of({ ...copy, touched: nothingTouched() });
        expect(new Map(now)).toEqual(new Map(anew));
        const uuids = new Set([...before.keys(), ...now.keys()]);
        const others = [...uuids].filter((uuid) => before.get(uuid) !== now.get(uuid));
        const differ = [...uuids].filter(
          (uuid) => JSON.stringify(before.get(uuid)) !== JSON.stringify(now.get(uuid)),
        );
        expect(beliefs.takeChanged()).toEqual(new Set(differ));
        expect(others).toEqual(differ);
        before = now;
      }
    }),
    { numRuns: 1_000, seed: 11 },
  );
});

test('one event makes one belief anew, however many virtual machines there are', () => {
  const copy = emptyCopy();
  const all = Array.from({ length: 5_000 }, (_, index) => ({
    class: 'vm' as const,
    ref: `vm${index}`,
    record: whole(`vm${index}`, { name: 'a', powerState: 'Running', vbdRefs: [] }),
  })) as unknown as WatchedEvent[];
  applyEvents(copy.tables, all, copy.changes, copy.touched);
  const beliefs = createMachineBeliefs();
  beliefs.of(copy);
  beliefs.takeChanged();
  let read = 0;
  for (const [ref, record] of copy.tables.vm)
    copy.tables.vm.set(
      ref,
      new Proxy(record as object, {
        get: (target, key) => {
          read += 1;
          return Reflect.get(target, key);
        },
      }) as never,
    );
  applyEvents(
    copy.tables,
    [
      { class: 'vm', ref: 'vm7', record: whole('vm7', { name: 'b', powerState: 'Running', vbdRefs: [] }) },
    ] as unknown as WatchedEvent[],
    copy.changes,
    copy.touched,
  );
  expect(beliefs.of(copy).get('uuid-of-vm7')?.name).toBe('b');
  expect([...beliefs.takeChanged()]).toEqual(['uuid-of-vm7']);
  expect(read).toBe(0);
});
