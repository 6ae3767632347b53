import { expect, test } from 'vitest';
import type { RecoveryRequest } from '../../src/api/generated/types.ts';
import { makeRecord } from '../../src/controllers/recovery/makeRecord.ts';
import type { EntryRecord, Memory } from '../../src/controllers/recovery/memory.ts';
import { recall } from '../../src/controllers/recovery/recall.ts';
import { decide } from '../../src/domain/kernel/decide.ts';
import { outcomeOf } from '../../src/domain/kernel/outcome.ts';
import { releaseMember } from '../../src/domain/procedures/releaseMember.ts';
import type { PlannedMachine } from '../../src/domain/xapi/facts.ts';
import { unlocked } from './facts.ts';

const machines = 500;

function progressOf(items: readonly PlannedMachine[]): string {
  const { facts } = unlocked();
  return releaseMember.telling.progress({ ...facts, plan: facts.plan && { ...facts.plan, items } });
}

const uuid = (index: number): string => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;

const request: RecoveryRequest = {
  apiVersion: 'kintsugi.dev/v1alpha1',
  kind: 'RecoveryRequest',
  metadata: { name: 'release', namespace: 'default', uid: 'u', generation: 1 },
  spec: { target: { hostRef: { name: 'host-3' } }, procedure: 'ReleaseMember', mode: 'Execute' },
};

/** Half of them running, half waiting, every start in a wave of its own: the largest record on the way. */
function memoryOfMany(count = machines): Memory {
  const facts = unlocked().facts;
  const items = Array.from(
    { length: count },
    (_, index): PlannedMachine => ({
      kind: 'VirtualMachine',
      id: uuid(index),
      name: `application-server-with-a-long-name-${index}`,
      order: index % 10,
      delaySeconds: 30,
      priority: 50,
      state: index % 2 === 0 ? 'Running' : 'Planned',
      host: uuid(9_000 + (index % 63)),
      why: 'most memory free (123 GiB), apart from its group application-servers',
      attempts: index % 2 === 0 ? 1 : 0,
      runningSinceMs: index % 2 === 0 ? facts.nowMs : undefined,
      runningAtWallMs: index % 2 === 0 ? facts.nowWallMs : undefined,
    }),
  );
  const journal = items
    .filter((item) => item.state === 'Running')
    .map(
      (item, wave): EntryRecord => ({
        key: `start ${item.id}`,
        attempt: 1,
        sinceMs: facts.nowMs,
        outcome: 'Proven',
        reply: 'succeeded',
        says: undefined,
        step: releaseMember.steps[3]?.title ?? '',
        act: 'start',
        target: item.id,
        epoch: 7,
        by: 'kintsugi-7d9f8b6c5d-abcde_0123456789abcdef',
        atWallMs: facts.nowWallMs,
        endedWallMs: facts.nowWallMs,
        wave,
      }),
    );
  return {
    ...recall(request, { monotonicMs: () => facts.nowMs, wallMs: () => facts.nowWallMs }, 0),
    journal,
    plan: {
      hash: 'f'.repeat(16),
      hosts: [{ uuid: uuid(9_999), ref: 'OpaqueRef:x', name: 'host-3' }],
      madeAtWallMs: 0,
      restsOn: [],
      items,
    },
  };
}

test('the record of a recovery of 500 virtual machines stays under 256 KiB', () => {
  const memory = memoryOfMany();
  const base = unlocked().facts;
  const facts = { ...base, plan: memory.plan, journal: [...base.journal, ...memory.journal] };
  const decision = decide(releaseMember.steps, facts);
  const outcome = outcomeOf(releaseMember, decision, facts, { requestMs: facts.nowMs, step: undefined });
  const record = makeRecord({ procedure: releaseMember, request, memory, facts, decision, outcome });
  expect(record.items).toHaveLength(machines);
  expect(JSON.stringify(record).length).toBeLessThan(256 * 1024);
});

test('merging waves of starts in the journal loses no target', () => {
  const memory = memoryOfMany();
  const base = unlocked().facts;
  const facts = { ...base, plan: memory.plan, journal: memory.journal };
  const decision = decide(releaseMember.steps, facts);
  const outcome = outcomeOf(releaseMember, decision, facts, { requestMs: facts.nowMs, step: undefined });
  const { journal } = makeRecord({ procedure: releaseMember, request, memory, facts, decision, outcome });
  expect(journal?.flatMap((entry) => entry.targets ?? [])).toEqual(
    memory.journal.map((entry) => entry.target),
  );
  expect(journal?.length).toBeLessThanOrEqual(40);
});

test('before anything was started the progress counts what is to start, and does not call it down', () => {
  const memory = memoryOfMany();
  const items = (memory.plan?.items ?? []).map((item): PlannedMachine => ({ ...item, state: 'Planned' }));
  const [first, second] = items;
  if (first === undefined || second === undefined) throw new Error('a plan of many has two');
  expect(progressOf([first, { ...second, state: 'NotRecoverable' }])).toBe(
    '1 to start, 1 not recoverable here',
  );
  expect(progressOf([{ ...first, state: 'Running' }, second])).toBe('1 of 2 up');
  expect(progressOf([{ ...first, state: 'Starting' }, second])).toBe('0 of 2 up, 1 starting');
});

test('the record of 4,096 virtual machines stays under 1 MiB, and a restart finds in it all that it needs', () => {
  const memory = memoryOfMany(4_096);
  const facts = { ...unlocked().facts, plan: memory.plan, journal: memory.journal };
  const decision = decide(releaseMember.steps, facts);
  const outcome = outcomeOf(releaseMember, decision, facts, { requestMs: facts.nowMs, step: undefined });
  const status = makeRecord({ procedure: releaseMember, request, memory, facts, decision, outcome });
  expect(JSON.stringify(status).length).toBeLessThan(1024 * 1024);
  const again = recall({ ...request, status }, { monotonicMs: () => 0, wallMs: () => 0 }, 0);
  const needed = (items: readonly PlannedMachine[] = []): readonly unknown[] =>
    items.map(({ id, order, delaySeconds, priority, state, host, attempts }) => [
      id,
      order,
      delaySeconds,
      priority,
      state,
      host,
      attempts,
    ]);
  expect(needed(again.plan?.items)).toEqual(needed(memory.plan?.items));
  expect(again.journal.map(({ key }) => key)).toEqual(memory.journal.map(({ key }) => key));
});
