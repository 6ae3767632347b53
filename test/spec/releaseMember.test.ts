import { describe, expect, test } from 'vitest';
import {
  actsOf,
  decisionOf,
  declaring,
  expectRefusal,
  expectWaiting,
  sentenceOf,
  stepOf,
} from './decisions.ts';
import {
  around,
  fenced,
  fencedByWord,
  hostUUID,
  master,
  nowMs,
  nowWallMs,
  read,
  recovered,
  released,
  suspected,
  target,
  unlocked,
  vmUUID,
} from './facts.ts';

describe('the steps, in their order', () => {
  test('cuts the power first, of the very machine by its serial, and nothing else', () => {
    expect(actsOf(suspected())).toEqual([{ kind: 'cutPower', hostUUID: target }]);
    expect(stepOf(suspected())).toBe(1);
  });
  test('declares the member dead once it is proven off, and nothing else', () => {
    expect(actsOf(fenced())).toEqual([{ kind: 'declareDead', hostUUID: target }]);
    expect(stepOf(fenced())).toBe(2);
  });
  test('asks the pool once more to release where a lock was left', () => {
    expect(actsOf(released())).toEqual([{ kind: 'declareDead', hostUUID: target }]);
    expect(stepOf(released())).toBe(3);
  });
  test('starts the lowest order first, each on its planned member', () => {
    const world = unlocked();
    const planned = world.facts.plan?.items.find((item) => item.name === 'database')?.host;
    expect(planned).toBeDefined();
    expect(actsOf(world)).toEqual([{ kind: 'start', vmUUID: vmUUID('database'), hostUUID: planned }]);
    expect(stepOf(world)).toBe(4);
  });
  test('starts the next order together when the first runs', () => {
    const world = unlocked().item('database', { state: 'Running', runningSinceMs: nowMs - 1 });
    expect(actsOf(world).map((act) => act.kind === 'start' && act.vmUUID)).toEqual([
      vmUUID('shop'),
      vmUUID('web'),
    ]);
  });
  test('is finished when every virtual machine runs, or its verdict says why not', () => {
    expect(decisionOf(recovered()).kind).toBe('finished');
  });
  test('says in the evidence of an act what each guard rests on', () => {
    const decision = decisionOf(fenced());
    if (decision.kind !== 'act') throw new Error(sentenceOf(decision));
    expect(decision.evidence).toHaveLength(decision.step.guards.length);
    expect(decision.evidence.join(' ')).toMatch(/says that host-3 is off/);
  });
});

describe('the fence', () => {
  test('waits for the second reading, at least 10 s after the first', () => {
    expectWaiting(suspected().power('off', 1000), /second reading 10 s after/);
  });
  test('waits while the power is neither on nor off', () => {
    expectWaiting(suspected().power('other', 1000), /neither on nor off/);
  });
  test('does not cut the power a second time while the first cut is open', () => {
    expectWaiting(
      suspected().acted({ key: `cutPower ${target}`, outcome: 'Intended', reply: 'lost' }),
      /told to go off/,
    );
  });
  test('gives up after three cuts without effect, and asks for a hand', () => {
    const cut = { key: `cutPower ${target}`, outcome: 'NotDone' } as const;
    expect(actsOf(suspected().acted(cut).acted(cut))).toHaveLength(1);
    expectRefusal(suspected().acted(cut).acted(cut).acted(cut), /tried 3 times.*by hand.*attestations/);
  });
  test('says at once why a controller refused to cut, and what a person can do', () => {
    const key = `cutPower ${target}`;
    const says = 'Base.1.0.InsufficientPrivilege: it has no right to reset the machine';
    const refused = { key, outcome: 'Intended', reply: 'failed', says } as const;
    expectWaiting(
      suspected().acted(refused),
      /^The power of host-3 was not cut: .*no right to reset the machine\. Cut it by hand and state so/,
    );
    const cut = { key, outcome: 'NotDone', reply: 'failed', says } as const;
    expectRefusal(suspected().acted(cut).acted(cut).acted(cut), /tried 3 times \(.*no right to reset/);
  });
  test('asks no device that cannot be read to cut the power, though a person has given the word', () => {
    const world = suspected()
      .with({ powerUnknown: 'it hangs.' })
      .attested({ atWallMs: nowWallMs - 500 });
    expectWaiting(world, /cannot be read/);
  });
  test("releases on a person's word where no device can tell", () => {
    expect(actsOf(fencedByWord())).toEqual([{ kind: 'declareDead', hostUUID: target }]);
  });
  test.each([
    ['is about another host', { hostUUID: hostUUID(4) }],
    ['has expired', { atWallMs: nowWallMs - 3_600_001 }],
    ['is valid for longer than the Host allows', { atWallMs: nowWallMs - 3_600_001, validForMs: 86_400_000 }],
    ['is dated in the future', { atWallMs: nowWallMs + 1 }],
  ])('does not take a word that %s', (_why, change) => {
    const { facts } = fencedByWord();
    const world = around({ ...facts, request: { ...facts.request, attestations: [] } }).attested(change);
    expectWaiting(world, /has no power|no longer in force/);
  });
  test('does not take the word of before the member was last heard (a false word outlived the answer that refuted it)', () => {
    const world = fencedByWord()
      .with({ silentForMs: read(0) })
      .attested({ atWallMs: nowWallMs - 600_000 });
    const { facts } = world;
    const old = { ...facts.request, attestations: facts.request.attestations.slice(1) };
    expectWaiting(around({ ...facts, request: old }), /heard of after the attestation by mika/);
  });
});

describe('the release', () => {
  test('does not ask twice while the answer is missing', () => {
    expectWaiting(
      fenced().acted({ key: declaring, outcome: 'Intended', reply: 'lost' }),
      /pool is releasing/,
    );
  });
  test('does not believe that a release is over while it is under way, though the database looks like it', () => {
    const world = released();
    const acts = [
      ...world.facts.journal.slice(0, 1),
      {
        key: declaring,
        attempt: 1,
        sinceMs: nowMs - 100,
        atWallMs: nowWallMs,
        outcome: 'Intended',
        reply: undefined,
        says: undefined,
      },
    ] as const;
    expect(stepOf(world.with({ journal: acts }))).toBe(2);
    expect(actsOf(world.with({ journal: acts }))).toEqual([]);
  });
  test('asks again when only some virtual machines were released', () => {
    const partly = fenced()
      .machine('database', { powerState: 'Halted', residentOn: undefined })
      .acted({ key: declaring, outcome: 'NotDone', reply: 'failed', says: 'VM_BAD_POWER_STATE' });
    expect(actsOf(partly)).toEqual([{ kind: 'declareDead', hostUUID: target }]);
  });
  test('gives up after three requests, with what the pool said last', () => {
    const failed = { key: declaring, outcome: 'NotDone', reply: 'failed', says: 'XAPI_HOOK_FAILED' } as const;
    expectRefusal(fenced().acted(failed).acted(failed).acted(failed), /asked 3 times: XAPI_HOOK_FAILED/);
  });
  test('does not declare a member dead again that came back to life after its release', () => {
    expectRefusal(released().host(target, { enabled: true }), /enabled again/);
    expectRefusal(unlocked().host(target, { enabled: true }), /enabled again/);
  });
  test('does not take a member that somebody else disabled for released', () => {
    const drained = fenced().host(target, { enabled: false });
    expect(stepOf(drained)).toBe(2);
  });
});

describe('the starts', () => {
  test('starts nothing whose facts have not been read', () => {
    expectWaiting(unlocked().with({ starts: new Map() }), /facts about 3 virtual machines/);
  });
  test('does not start what is being started', () => {
    expectWaiting(
      unlocked().acted({ key: `start ${vmUUID('database')}`, outcome: 'Intended', reply: undefined }),
      /1 virtual machines are starting/,
    );
  });
  test('waits for the delay of the order before', () => {
    const world = unlocked().item('database', {
      state: 'Running',
      runningSinceMs: nowMs - 1000,
      delaySeconds: 30,
    });
    expectWaiting(world, /Order 1 starts in 29 s/);
  });
  test('does not let a virtual machine that cannot be recovered hold up the next order', () => {
    const world = unlocked().item('database', { state: 'Failed' });
    expect(actsOf(world)).toHaveLength(2);
  });
  test('starts no more at once on a host than the Pool allows', () => {
    const world = unlocked()
      .item('database', { state: 'Failed' })
      .item('web', { host: master })
      .item('shop', { host: master })
      .start('web', { bootOn: master })
      .start('shop', { bootOn: master })
      .policy({ startsAtOncePerHost: 1 });
    expect(actsOf(world)).toEqual([{ kind: 'start', vmUUID: vmUUID('shop'), hostUUID: master }]);
  });
  test('waits for the probe of what it started, and not for ever', () => {
    const probed = recovered().declared('web', { probe: 'tcp', probeTimeoutMs: 300_000 });
    expectWaiting(probed, /web run, and do not serve yet/);
    expect(decisionOf(probed.item('web', { state: 'Serving' })).kind).toBe('finished');
    expect(decisionOf(probed.item('web', { runningSinceMs: nowMs - 300_000 })).kind).toBe('finished');
  });
});
