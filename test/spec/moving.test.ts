/** A virtual machine that was being moved when its host was lost starts at its other end or nowhere. */
import { describe, expect, test } from 'vitest';
import type { PlannedMachine } from '../../src/domain/xapi/facts.ts';
import type { VirtualMachineBelief } from '../../src/domain/xapi/pool.ts';
import { advance } from '../../src/domain/xapi/progress.ts';
import { makePlan, planIsOutdated } from '../../src/domain/xapi/releasePlan.ts';
import {
  hostUUID,
  lock,
  machine,
  read,
  silent,
  suspected,
  target,
  unlocked,
  vmUUID,
  type World,
} from './facts.ts';

const second = hostUUID(2);
const fourth = hostUUID(4);

function web(world: World): PlannedMachine | undefined {
  const draft = makePlan(world.facts);
  if ('because' in draft) throw new Error(draft.because);
  return draft.items.find((one) => one.id === vmUUID('web'));
}

function moved(change: Partial<VirtualMachineBelief>): World {
  return suspected().machine('web', change);
}

describe('the plan', () => {
  test.each<[string, Partial<VirtualMachineBelief>]>([
    ['the record says where it is going', { scheduledOn: second }],
    ['the move is still under way', { scheduledOn: second, currentOperations: ['pool_migrate'] }],
    ['its storage moves with it', { scheduledOn: second, currentOperations: ['migrate_send'] }],
  ])('starts it at the other end alone when %s', (_what, change) => {
    expect(web(moved(change))).toMatchObject({
      state: 'Planned',
      host: second,
      onlyOn: second,
      why: expect.stringMatching(/may run on host-2 already/),
    });
  });

  test.each<[string, Partial<VirtualMachineBelief>]>([
    ['it is moved into another pool', { currentOperations: ['migrate_send'] }],
    ['the record does not say where to', { currentOperations: ['pool_migrate'] }],
    [
      'it is moved within the member, as far as the record says',
      { currentOperations: ['migrate_send'], scheduledOn: target },
    ],
  ])('starts it nowhere, with what to do, when %s', (_what, change) => {
    expect(web(moved(change))).toMatchObject({
      state: 'NotRecoverable',
      host: undefined,
      onlyOn: 'nowhere',
      why: expect.stringMatching(/Look for it on every host .*only when it runs nowhere/),
    });
  });

  test.each<[string, (world: World) => World]>([
    ['does not answer', (world) => world.answer(second, silent)],
    ['is disabled', (world) => world.host(second, { enabled: false })],
    ['is in Maintenance', (world) => world.declaredHost(second, 'Maintenance')],
    ['is no member any more', (world) => world.machine('web', { scheduledOn: 'OpaqueRef:gone' })],
  ])('starts it nowhere when the other end %s', (_what, change) => {
    expect(web(change(moved({ scheduledOn: second })))).toMatchObject({
      state: 'NotRecoverable',
      why: expect.stringMatching(/is not a member that is enabled and answers now\. Look there/),
    });
  });

  test('finds the other end by the lock of a living member when nothing else is left of the move', () => {
    const world = suspected().locks([lock('web', { 'OpaqueRef:host-3': 'RW', 'OpaqueRef:host-4': 'RW' })]);
    expect(web(world)).toMatchObject({ host: fourth, onlyOn: fourth });
  });

  test('starts it where it was resident and halted, for that host was lost in the middle of its start', () => {
    const world = moved({ powerState: 'Halted', residentOn: second }).with({
      lastSeen: new Map([[vmUUID('web'), { by: 'before', onlyOn: undefined }]]),
    });
    expect(web(world)).toMatchObject({ host: second, onlyOn: second });
  });

  test('starts it anywhere when all that is remembered names the member itself', () => {
    const world = moved({}).declared('web', { lastHost: target, mayRunOn: target });
    expect(web(world)).toMatchObject({ state: 'Planned' });
    expect(web(world)?.onlyOn).toBeUndefined();
  });

  test('starts it nowhere when its signs name several ends', () => {
    const world = moved({ scheduledOn: second }).locks([lock('web', { 'OpaqueRef:host-4': 'RW' })]);
    expect(web(world)).toMatchObject({ state: 'NotRecoverable', onlyOn: 'nowhere' });
  });

  test('is made anew when a move begins after it was made', () => {
    expect(planIsOutdated(moved({ scheduledOn: second }).facts)).toMatch(/web is being moved/);
  });

  test('keeps the other end though the record has lost it', () => {
    const before = suspected().item('web', { onlyOn: second, host: second });
    expect(planIsOutdated(before.facts)).toBeUndefined();
    expect(web(before)).toMatchObject({ host: second, onlyOn: second });
  });

  test('keeps what an earlier request had seen', () => {
    const world = suspected().with({
      lastSeen: new Map([[vmUUID('web'), { by: 'before', onlyOn: fourth }]]),
    });
    expect(web(world)).toMatchObject({ host: fourth, onlyOn: fourth });
  });
});

test('a lock that shows the other end only after the release still moves it there', () => {
  const world = unlocked().locks([lock('web', { 'OpaqueRef:host-4': 'RW' })]);
  const late = advance(world.facts).find((one) => one.name === 'web');
  expect(late).toMatchObject({ state: 'Planned', host: fourth, onlyOn: fourth });
  const silentThere = advance(world.answer(fourth, silent).facts).find((one) => one.name === 'web');
  expect(silentThere).toMatchObject({
    state: 'Failed',
    why: expect.stringMatching(/may run on host-4 already/),
  });
});

describe('a start that is refused because it runs there already', () => {
  const refused = {
    key: `start ${vmUUID('web')}`,
    outcome: 'NotDone',
    reply: 'failed',
    says: 'VM_BAD_POWER_STATE: VM_BAD_POWER_STATE OpaqueRef:web Halted Running',
  } as const;
  const refusedAt = (change: Partial<PlannedMachine>): PlannedMachine | undefined =>
    advance(
      unlocked()
        .item('web', { state: 'Starting', ...change })
        .start('web', { record: read(machine('web', { powerState: 'Halted', residentOn: undefined })) })
        .acted(refused).facts,
    ).find((one) => one.name === 'web');

  test('shows it as running at the other end, and says how to tell the pool', () => {
    expect(refusedAt({ host: second, onlyOn: second })).toMatchObject({
      state: 'Running',
      host: second,
      why: expect.stringMatching(/runs on host-2 already.*xe-toolstack-restart/),
    });
  });

  test('is never tried on another host, by the next request neither', () => {
    expect(refusedAt({ host: second })).toMatchObject({ state: 'Failed', host: second, onlyOn: second });
  });
});
