import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Entry } from '../../src/domain/kernel/facts.ts';
import { delayLeftMs, startCandidates } from '../../src/domain/steps/everyVirtualMachineIsUp.ts';
import type { PlannedMachine } from '../../src/domain/xapi/facts.ts';
import { advance, isFinal } from '../../src/domain/xapi/progress.ts';
import {
  declaredServer,
  hostUUID,
  machine,
  master,
  nowMs,
  nowWallMs,
  read,
  recovered,
  suspected,
  target,
  unlocked,
  vmUUID,
  type World,
} from './facts.ts';

const starting = `start ${vmUUID('web')}`;
const refusal = read({ kind: 'no', code: 'VM_REQUIRES_GPU', says: 'it needs a GPU' } as const);

function web(world: World): PlannedMachine {
  const item = advance(world.facts).find((one) => one.name === 'web');
  if (item === undefined) throw new Error('this plan has no web');
  return item;
}

/** The world as it is after the plan's virtual machines were written down once more. */
function written(world: World): World {
  const { plan } = world.facts;
  return world.with({ plan: plan && { ...plan, items: advance(world.facts) } });
}

describe('a virtual machine of the plan', () => {
  test('stays as it is, to the very array, while nothing is new', () => {
    const { facts } = unlocked();
    expect(advance(facts)).toBe(facts.plan?.items);
  });
  test('is starting from the moment its start was written down', () => {
    expect(web(unlocked().acted({ key: starting, outcome: 'Intended' }))).toMatchObject({
      state: 'Starting',
      attempts: 1,
    });
  });
  test('is planned again when its start was never sent', () => {
    const world = unlocked().item('web', { state: 'Starting' }).acted({ key: starting, outcome: 'NotSent' });
    expect(web(world)).toMatchObject({ state: 'Planned', attempts: 0 });
  });
  test('runs when it is read as running, and says since when', () => {
    const world = unlocked()
      .acted({ key: starting, outcome: 'Proven' })
      .start('web', { record: read(machine('web', { residentOn: hostUUID(2) })) });
    expect(web(world)).toMatchObject({
      state: 'Running',
      host: hostUUID(2),
      runningSinceMs: nowMs,
      runningAtWallMs: nowWallMs,
      attempts: 1,
    });
  });
  test('runs when somebody else started it elsewhere, and says so', () => {
    const elsewhere = [master, hostUUID(2), hostUUID(4)].find((uuid) => uuid !== web(unlocked()).host);
    const world = unlocked().start('web', { record: read(machine('web', { residentOn: elsewhere })) });
    expect(web(world)).toMatchObject({
      state: 'Running',
      host: elsewhere,
      why: 'It was found running there.',
      attempts: 0,
    });
  });
  test('does not run because the failed member is still believed to run it', () => {
    const world = unlocked().start('web', { record: read(machine('web')) });
    expect(web(world).state).toBe('Planned');
  });
  test('is tried on another host after its first start failed', () => {
    const before = web(unlocked()).host;
    const world = unlocked()
      .item('web', { state: 'Starting' })
      .acted({ key: starting, outcome: 'NotDone', reply: 'failed', says: 'HOST_OFFLINE' });
    const after = web(world);
    expect(after).toMatchObject({ state: 'Planned', attempts: 1 });
    expect(after.host).not.toBe(before);
  });
  test('is tried on the same host again when nobody knows how its first start ended: it may be that host that has it', () => {
    const before = web(unlocked()).host;
    const world = unlocked()
      .item('web', { state: 'Starting' })
      .acted({ key: starting, outcome: 'NotDone', reply: 'lost' });
    expect(web(world)).toMatchObject({ state: 'Planned', attempts: 1, host: before });
  });
  test('is left halted after two starts that failed, with what was said last', () => {
    const failed = {
      key: starting,
      outcome: 'NotDone',
      reply: 'failed',
      says: 'SR_BACKEND_FAILURE_46',
    } as const;
    const world = unlocked()
      .item('web', { state: 'Starting' })
      .acted(failed)
      .acted({ ...failed, attempt: 2 });
    expect(web(world)).toMatchObject({
      state: 'Failed',
      attempts: 2,
      why: expect.stringMatching(/2 starts failed.*SR_BACKEND_FAILURE_46.*by hand/),
    });
  });
  test('gets no third start though a restart forgot that it was starting', () => {
    const failed = { key: starting, outcome: 'NotDone', reply: 'lost' } as const;
    expect(
      web(
        unlocked()
          .acted(failed)
          .acted({ ...failed, attempt: 2 }),
      ).state,
    ).toBe('Failed');
  });
  test('moves on when its host refuses it, and is given up when no host is left (two refusing hosts sent it to and fro for ever)', () => {
    let world = unlocked();
    const tried = new Set<string | undefined>();
    for (let round = 0; round < 3; round += 1) {
      // Before the new host was asked, the old one's refusal does not move it on.
      expect(web(world).state).toBe('Planned');
      tried.add(web(world).host);
      world = written(world.start('web', { boot: refusal }));
    }
    expect(tried.size).toBe(3);
    expect(world.facts.plan?.items.find((one) => one.name === 'web')).toMatchObject({
      state: 'Failed',
      attempts: 0,
      why: expect.stringMatching(/refuses it: it needs a GPU \(VM_REQUIRES_GPU\)/),
    });
  });
  test('is given up at once when no other host could mend it', () => {
    const world = unlocked().start('web', {
      record: read(machine('web', { powerState: 'Suspended', residentOn: undefined })),
    });
    expect(web(world)).toMatchObject({ state: 'Failed', why: expect.stringMatching(/Suspended/) });
  });
  test('is neither given up, nor moved on, nor taken for running by what a second master tells of it', () => {
    const suspended = { record: read(machine('web', { powerState: 'Suspended', residentOn: undefined })) };
    const running = { record: read(machine('web', { residentOn: hostUUID(2) })) };
    const split = unlocked().answer(hostUUID(2), { kind: 'master' });
    for (const told of [suspended, running, { boot: refusal }]) {
      expect(web(split.start('web', told))).toBe(web(split));
      expect(web(unlocked().start('web', told))).not.toEqual(web(unlocked()));
    }
  });
  test('is not given up while it is not known who is master, but runs when it is read as running', () => {
    const unasked = unlocked().answer(hostUUID(4), read({ kind: 'member', ofAddress: '10.0.0.1' }, 15_001));
    const given = {
      record: read(machine('web', { powerState: 'Suspended', residentOn: undefined })),
    };
    expect(web(unasked.start('web', given)).state).toBe('Planned');
    expect(
      web(unasked.start('web', { record: read(machine('web', { residentOn: hostUUID(2) })) })).state,
    ).toBe('Running');
  });
  test('serves when its probe answers, and only then', () => {
    const world = recovered().declared('web', { probe: 'tcp' });
    expect(web(world).state).toBe('Running');
    expect(web(world.with({ serving: new Map([[vmUUID('web'), read(false)]]) })).state).toBe('Running');
    expect(web(world.with({ serving: new Map([[vmUUID('web'), read(true)]]) })).state).toBe('Serving');
  });
  test('keeps its final verdict whatever is read later', () => {
    for (const state of ['Failed', 'LeftHalted', 'NotRecoverable', 'Serving'] as const) {
      const world = unlocked()
        .item('web', { state })
        .start('web', { record: read(machine('web', { residentOn: master })) });
      expect(web(world).state).toBe(state);
    }
  });
});

const drawnVictims = fc.array(
  fc.record({
    order: fc.integer({ min: 0, max: 3 }),
    delaySeconds: fc.integer({ min: 0, max: 60 }),
    state: fc.constantFrom<PlannedMachine['state']>(
      'Planned',
      'Planned',
      'Starting',
      'Running',
      'Serving',
      'Failed',
      'NotRecoverable',
      'LeftHalted',
    ),
    host: fc.constantFrom(1, 2, 4).map(hostUUID),
    runningForMs: fc.integer({ min: 0, max: 60_000 }),
  }),
  { minLength: 1, maxLength: 12 },
);

describe('whose turn it is, whatever the plan', () => {
  const worldOf = (drawn: typeof drawnVictims extends fc.Arbitrary<infer T> ? T : never): World => {
    const base = suspected();
    const items = drawn.map((one, index): PlannedMachine => {
      const up = one.state === 'Running' || one.state === 'Serving';
      return {
        kind: 'VirtualMachine',
        id: vmUUID(`vm${index}`),
        name: `vm${index}`,
        order: one.order,
        delaySeconds: one.delaySeconds,
        priority: 50,
        state: one.state,
        host: one.host,
        why: undefined,
        attempts: 0,
        runningSinceMs: up ? nowMs - one.runningForMs : undefined,
        runningAtWallMs: undefined,
      };
    });
    const journal = items
      .filter((one) => one.state === 'Starting')
      .map(
        (one): Entry => ({
          key: `start ${one.id}`,
          attempt: 1,
          sinceMs: nowMs,
          atWallMs: nowWallMs,
          outcome: 'Intended',
          reply: undefined,
          says: undefined,
        }),
      );
    return base
      .with({
        journal,
        plan: { hash: 'drawn', hosts: [{ uuid: target, ref: 'OpaqueRef:host-3', name: 'host-3' }], items },
      })
      .policy({ startsAtOncePerHost: 2 });
  };

  test('nobody starts while a lower order is open', () => {
    fc.assert(
      fc.property(drawnVictims, (drawn) => {
        const { facts } = worldOf(drawn);
        const open = facts.plan?.items.filter((one) => !isFinal(one)) ?? [];
        for (const candidate of startCandidates(facts)) {
          expect(open.some((one) => one.order < candidate.order)).toBe(false);
          expect(candidate.state).toBe('Planned');
        }
      }),
      { numRuns: 500 },
    );
  });
  test('nobody starts while the delay of an order before runs', () => {
    fc.assert(
      fc.property(drawnVictims, (drawn) => {
        const { facts } = worldOf(drawn);
        for (const candidate of startCandidates(facts)) {
          for (const one of facts.plan?.items ?? []) {
            if (one.order >= candidate.order || one.runningSinceMs === undefined) continue;
            expect(nowMs - one.runningSinceMs).toBeGreaterThanOrEqual(one.delaySeconds * 1000);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
  test('no more start at once on a host than the Pool allows', () => {
    fc.assert(
      fc.property(drawnVictims, (drawn) => {
        const { facts } = worldOf(drawn);
        const candidates = startCandidates(facts);
        for (const uuid of [1, 2, 4].map(hostUUID)) {
          const before =
            facts.plan?.items.filter((one) => one.state === 'Starting' && one.host === uuid).length ?? 0;
          const added = candidates.filter((one) => one.host === uuid).length;
          expect(added).toBeLessThanOrEqual(Math.max(0, 2 - before));
        }
      }),
      { numRuns: 500 },
    );
  });
  test('somebody starts whenever something is open, nothing is starting and no delay runs', () => {
    fc.assert(
      fc.property(drawnVictims, (drawn) => {
        const { facts } = worldOf(drawn);
        const items = facts.plan?.items ?? [];
        const open = items.filter((one) => !isFinal(one));
        if (open.length === 0 || open.some((one) => one.state === 'Starting')) return;
        const order = Math.min(...open.map((one) => one.order));
        expect(startCandidates(facts).length > 0).toBe(delayLeftMs(items, order, nowMs) === 0);
      }),
      { numRuns: 500 },
    );
  });
  test('a declaration without a probe is served by running alone', () => {
    expect(declaredServer.probe).toBe('none');
    expect(web(recovered().declared('web', {})).state).toBe('Running');
    expect(target).not.toBe(master);
  });
});
