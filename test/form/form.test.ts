/**
 * The form holds two procedures that are unlike ReleaseMember and unlike each other: one about several machines without a master
 * to ask, one that people carry out within days, on a hypervisor that has no pool. Both are tables of the same types, decided by
 * the same kernel, told by the same outcome.
 */
import { describe, expect, test } from 'vitest';
import { decide } from '../../src/domain/kernel/decide.ts';
import { outcomeOf } from '../../src/domain/kernel/outcome.ts';
import { planText } from '../../src/domain/kernel/plan.ts';
import { known, unknown } from '../../src/domain/kernel/reading.ts';
import type { MachineFacts } from '../../src/domain/xapi/facts.ts';
import type { MemberAnswer } from '../../src/domain/xapi/pool.ts';
import { fenced, hostUUID, nowMs, suspected, target, type World } from '../spec/facts.ts';
import { read } from '../spec/parts.ts';
import { type Promotion, type PromotionFacts, promoteMember } from './promoteMember.ts';
import {
  dayMs,
  replaceVirtualServer,
  type ServerStatus,
  type Unit,
  type UnitFacts,
} from './replaceVirtualServer.ts';

const old = '192.168.1.101';
const fresh = '192.168.1.110';
const sibling = '192.168.1.102';

const works: ServerStatus = { access: 'online', observed: 'working', updateScope: 'none' };

function unit(change: Partial<UnitFacts> = {}): UnitFacts {
  return {
    nowMs,
    nowWallMs: 0,
    momentMs: 0,
    risk: 'Destructive',
    request: {
      mode: 'Execute',
      cancelled: false,
      approval: { planHash: 'plan-1', by: 'Ada' },
      attestations: [],
      waitsFor: [],
    },
    policy: { mode: 'Manual', approval: 'WhenDestructive', pausedBecause: [] },
    plan: { hash: 'plan-1', items: [] },
    journal: [],
    old,
    servers: known(
      new Map([
        [old, { access: 'offline', observed: 'unknown', updateScope: 'none' }],
        [sibling, works],
      ]),
      nowMs,
      'status',
    ),
    addressesInUse: new Set([old, sibling]),
    minimumOfServers: 1,
    answers: new Map(),
    oldHasPower: known(true, nowMs, 'the virtualization system'),
    ...change,
  };
}

/** What the world makes of each act, and of each thing that a person is asked for. */
function playReplacement(start: UnitFacts): readonly string[] {
  let facts = start;
  const trace: string[] = [];
  const server = (id: string, change: Partial<ServerStatus> | undefined): void => {
    const servers = new Map(facts.servers.kind === 'known' ? facts.servers.value : []);
    const before = servers.get(id) ?? { access: 'offline', observed: 'stopped', updateScope: 'system' };
    if (change === undefined) servers.delete(id);
    else servers.set(id, { ...before, ...change });
    facts = { ...facts, servers: known(servers, nowMs, 'status') };
  };
  const answer = (name: string, values: Readonly<Record<string, string>>): void => {
    facts = { ...facts, answers: new Map([...facts.answers, [name, values]]) };
  };
  for (let turn = 0; turn < 50; turn++) {
    const decision = decide<Unit>(replaceVirtualServer.steps, facts);
    if (decision.kind === 'finished') return [...trace, 'finished'];
    if (decision.kind === 'refuse') return [...trace, `refused: ${decision.because}`];
    const number = replaceVirtualServer.steps.indexOf(decision.step) + 1;
    if (decision.kind === 'await') {
      if (decision.ask === undefined) return [...trace, `waits: ${decision.because}`];
      trace.push(`${number} a person`);
      if (number === 1) answer('salvage', { result: 'nothing' });
      else if (number === 2) facts = { ...facts, oldHasPower: known(false, nowMs, 'the system') };
      else if (number === 4) answer('replacement', { identifier: fresh, serviceIP: '192.168.2.110' });
      else answer('handedBack', { result: 'nothing' });
      continue;
    }
    const [act] = decision.acts;
    if (act === undefined) throw new Error('a step acts without an act');
    expect(decision.step.acts).toContain(act.kind);
    trace.push(`${number} ${act.kind} ${act.identifier}`);
    if (act.kind === 'detach') server(act.identifier, undefined);
    if (act.kind === 'attach') server(act.identifier, {});
    if (act.kind === 'powerOn') server(act.identifier, { access: 'online' });
    if (act.kind === 'update') server(act.identifier, { updateScope: 'none' });
    if (act.kind === 'start') server(act.identifier, { observed: 'working' });
  }
  return [...trace, 'endless'];
}

describe('ReplaceVirtualServer, in which people have four of nine steps', () => {
  test('goes from saved data to a server that serves, each step by whoever it belongs to', () => {
    expect(playReplacement(unit())).toEqual([
      '1 a person',
      '2 a person',
      `3 detach ${old}`,
      '4 a person',
      `5 attach ${fresh}`,
      `6 powerOn ${fresh}`,
      `7 update ${fresh}`,
      `8 start ${fresh}`,
      '9 a person',
      'finished',
    ]);
  });
  test('waits for a person for days without being called stalled, and does not fail meanwhile', () => {
    const later = unit({ nowMs: nowMs + 6 * dayMs });
    const decision = decide<Unit>(replaceVirtualServer.steps, later);
    const step = { title: replaceVirtualServer.steps[0]?.title ?? '', sinceMs: nowMs };
    const outcome = outcomeOf(replaceVirtualServer, decision, later, { requestMs: nowMs, step });
    expect(outcome).toMatchObject({ phase: 'Waiting', stalled: undefined });
    expect(outcome.ask?.role).toBe('The resource manager');
  });
  test('needs an approval of its plan since an act of it cannot be undone, though the Pool asks for none', () => {
    const asked = unit({
      request: { ...unit().request, approval: undefined },
      answers: new Map([['salvage', {}]]),
    });
    const decision = decide<Unit>(replaceVirtualServer.steps, asked);
    expect(decision).toMatchObject({ kind: 'await', ask: { answerIn: 'spec.approval' } });
    expect(
      outcomeOf(replaceVirtualServer, decision, asked, { requestMs: nowMs, step: undefined }).phase,
    ).toBe('AwaitingApproval');
  });
  test('stops nothing where its unit would fall below its minimum', () => {
    expect(playReplacement(unit({ minimumOfServers: 2 })).at(-1)).toMatch(/refused: Only 1 other servers/);
  });
  test('refuses a replacement whose address is in use', () => {
    expect(playReplacement(unit({ addressesInUse: new Set([fresh]) })).at(-1)).toMatch(/is in use already/);
  });
  test('waits while its management server does not answer, and keeps what is known', () => {
    const down = unit({ answers: new Map([['salvage', {}]]), servers: unknown('The manager is down.') });
    expect(playReplacement(down)).toEqual(['waits: The manager is down.']);
  });
});

/** What the test world knows of one machine, as if it were another host. */
function machineOf(world: World, number: number): MachineFacts {
  const { target: about, identity, masterContact, silentForMs, powerReadings } = world.facts;
  const { powerUnknown, cannotCutBecause, certificate, words, lastSeen } = world.facts;
  const uuid = hostUUID(number);
  return {
    target: { ...about, hostUUID: uuid, name: `host-${number}` },
    identity,
    masterContact,
    silentForMs,
    powerReadings,
    powerUnknown,
    cannotCutBecause,
    certificate: certificate && { ...certificate, hostUUID: uuid },
    words,
    lastSeen,
  };
}

/** Four members, of which the master host-3 and host-4 are silent; another two answer as members, host-5 too. */
function lost(
  machines: { readonly [number: number]: World },
  change: Partial<PromotionFacts> = {},
): PromotionFacts {
  const { facts } = suspected().pool({ masterUUID: target });
  const silent = read<MemberAnswer>({ kind: 'silent', says: 'no answer' });
  const member = read<MemberAnswer>({ kind: 'member', ofAddress: '10.0.0.3' });
  const { target: _, ...pool } = facts;
  return {
    ...pool,
    answers: new Map([
      [hostUUID(1), member],
      [hostUUID(2), member],
      [target, silent],
      [hostUUID(4), silent],
      [hostUUID(5), member],
    ]),
    machines: new Map(
      Object.entries(machines).map(([number, world]) => [
        hostUUID(Number(number)),
        machineOf(world, Number(number)),
      ]),
    ),
    oldMaster: target,
    candidate: hostUUID(1),
    copyAge: known(60_000, nowMs, 'the candidate'),
    differences: unknown('Not read yet.'),
    acceptsDifferences: false,
    ...change,
  };
}

function decided(facts: PromotionFacts): {
  readonly step: number;
  readonly acts: readonly string[];
  readonly says: string;
} {
  const decision = decide<Promotion>(promoteMember.steps, facts);
  return {
    step: decision.kind === 'finished' ? 0 : promoteMember.steps.indexOf(decision.step) + 1,
    acts:
      decision.kind === 'act'
        ? decision.acts.map((act) => `${act.kind} ${'hostUUID' in act ? act.hostUUID : ''}`)
        : [],
    says: decision.kind === 'await' || decision.kind === 'refuse' ? decision.because : '',
  };
}

describe('PromoteMember, which has to prove several machines off and has no master to ask', () => {
  const promoted = new Map([
    [hostUUID(1), read<MemberAnswer>({ kind: 'master' })],
    [hostUUID(2), read<MemberAnswer>({ kind: 'member', ofAddress: '10.0.0.3' })],
    [target, read<MemberAnswer>({ kind: 'silent', says: 'no answer' })],
    [hostUUID(4), read<MemberAnswer>({ kind: 'silent', says: 'no answer' })],
    [hostUUID(5), read<MemberAnswer>({ kind: 'member', ofAddress: '10.0.0.1' })],
  ]);
  const off = { 3: fenced(), 4: fenced() };

  test('cuts the power of the old master first, and then of the other silent member', () => {
    expect(decided(lost({ 3: suspected(), 4: suspected() }))).toMatchObject({
      step: 1,
      acts: [`cutPower ${target}`],
    });
    expect(decided(lost({ 3: fenced(), 4: suspected() }))).toMatchObject({
      step: 1,
      acts: [`cutPower ${hostUUID(4)}`],
    });
  });
  test('promotes nobody while one silent member is not proven off, and waits where nothing is known of it', () => {
    expect(decided(lost({ 3: fenced() }))).toMatchObject({ step: 1, acts: [] });
    expect(promoteMember.provenOff(lost(off))).toEqual([target, hostUUID(4)]);
  });
  test('makes the candidate the master when both are proven off', () => {
    expect(decided(lost(off))).toMatchObject({ step: 2, acts: [`becomeMaster ${hostUUID(1)}`] });
  });
  test('refuses on the side of the fewer members', () => {
    const answers = new Map([
      ...lost(off).answers,
      [hostUUID(5), read<MemberAnswer>({ kind: 'silent', says: '' })],
    ]);
    expect(decided(lost({ ...off, 5: fenced() }, { answers })).says).toMatch(/The other side may live/);
  });
  test('asks a person about a virtual machine that the new master knows otherwise, before any member follows', () => {
    const differ = { answers: promoted, differences: known(['web'], nowMs, 'the new master') };
    expect(decided(lost(off, differ))).toMatchObject({ step: 3, acts: [] });
    expect(decided(lost(off, differ)).says).toMatch(/Look at web/);
    expect(decided(lost(off, { ...differ, acceptsDifferences: true }))).toMatchObject({
      step: 4,
      acts: [`recoverMembers ${hostUUID(1)}`],
    });
  });
  test('declares the old master dead when everybody follows, by the part that ReleaseMember has', () => {
    const follows = read<MemberAnswer>({ kind: 'member', ofAddress: '10.0.0.1' });
    const facts = lost(off, {
      answers: new Map([...promoted, [hostUUID(2), follows]]),
      differences: known([], nowMs, 'the new master'),
    });
    expect(decided(facts)).toMatchObject({ step: 5, acts: [`declareDead ${target}`] });
  });
  test('has a plan whose hash names the candidate', () => {
    const textOf = (candidate: string): string => {
      const facts = lost(off, { candidate });
      const draft = promoteMember.plan.draft(facts);
      if ('because' in draft) throw new Error(draft.because);
      return planText(promoteMember, draft, facts);
    };
    expect(textOf(hostUUID(1))).not.toBe(textOf(hostUUID(2)));
  });
});
