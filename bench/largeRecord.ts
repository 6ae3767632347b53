/** How large the record of the largest request is: 4,096 virtual machines in the middle of their starts. */
import type { RecoveryRequest } from '../src/api/generated/types.ts';
import { makeRecord } from '../src/controllers/recovery/makeRecord.ts';
import { recall } from '../src/controllers/recovery/recall.ts';
import { decide } from '../src/domain/kernel/decide.ts';
import { outcomeOf } from '../src/domain/kernel/outcome.ts';
import { releaseMember } from '../src/domain/procedures/releaseMember.ts';
import { unlocked } from '../test/spec/facts.ts';
import type { Figure } from './figure.ts';

const machines = 4_096;
const request: RecoveryRequest = {
  apiVersion: 'kintsugi.dev/v1alpha1',
  kind: 'RecoveryRequest',
  metadata: { name: 'release', namespace: 'default', uid: 'u', generation: 1 },
  spec: { target: { hostRef: { name: 'host-3' } }, procedure: 'ReleaseMember', mode: 'Execute' },
};
const uuid = (index: number): string => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;

export async function largeRecordFigure(): Promise<readonly Figure[]> {
  const usual = recordBytes({ name: 'application-server', host: 'host', why: 'most memory free (123 GiB)' });
  const longest = recordBytes({ name: 'n'.repeat(200), host: 'h'.repeat(200), why: 'w'.repeat(500) });
  return [
    { name: `record of ${machines} virtual machines`, value: usual / 1024, unit: 'KiB', bar: 1024 },
    { name: 'the same with the longest words', value: longest / 1024, unit: 'KiB', bar: 1024 },
  ];
}

interface Words {
  readonly name: string;
  readonly host: string;
  readonly why: string;
}

/** Half of them running, half waiting, every start in a wave of its own: the most that it holds on the way. */
function recordBytes({ name, host, why }: Words): number {
  const { facts: base } = unlocked();
  const items = Array.from({ length: machines }, (_, index) => {
    const isUp = index % 2 === 0;
    return {
      kind: 'VirtualMachine' as const,
      id: uuid(index),
      name: `${name}-${index}`,
      order: index % 10,
      delaySeconds: 30,
      priority: 50,
      state: isUp ? ('Running' as const) : ('Planned' as const),
      host: uuid(9_000 + (index % 63)),
      why,
      attempts: isUp ? 1 : 0,
      runningSinceMs: isUp ? base.nowMs : undefined,
      runningAtWallMs: isUp ? base.nowWallMs : undefined,
    };
  });
  const started = items.filter(({ state }) => state === 'Running');
  const journal = started.map((item, wave) => ({
    key: `start ${item.id}`,
    attempt: 1,
    sinceMs: base.nowMs,
    outcome: 'Proven' as const,
    reply: 'succeeded' as const,
    says: undefined,
    step: 'Start its virtual machines on members with room, in their order',
    act: 'start' as const,
    target: item.id,
    epoch: 7,
    by: 'kintsugi-7d9f8b6c5d-abcde_0123456789abcdef',
    atWallMs: base.nowWallMs,
    endedWallMs: base.nowWallMs,
    wave,
  }));
  const plan = {
    hash: 'f'.repeat(16),
    hosts: [{ uuid: uuid(9_999), ref: 'OpaqueRef:x', name: 'host-3' }],
    madeAtWallMs: 0,
    restsOn: [],
    items,
  };
  const clock = { monotonicMs: () => base.nowMs, wallMs: () => base.nowWallMs };
  const memory = { ...recall(request, clock, 0), journal, plan };
  const hosts = Array.from({ length: 63 }, (_, index) => ({
    name: `${host}-${index}`,
    state: 'InService' as const,
  }));
  const facts = {
    ...base,
    hosts: new Map(hosts.map((one, index) => [uuid(9_000 + index), one])),
    plan,
    journal: [...base.journal, ...journal],
  };
  const decision = decide(releaseMember.steps, facts);
  const outcome = outcomeOf(releaseMember, decision, facts, { requestMs: facts.nowMs, step: undefined });
  const record = makeRecord({ procedure: releaseMember, request, memory, facts, decision, outcome });
  if (record.items?.length !== machines) throw new Error('the record has lost virtual machines');
  return Buffer.byteLength(JSON.stringify(record));
}
