import { hostUUID, notRead, nowMs, nowWallMs, read, silent, target, type World } from '../facts.ts';
import type { Scenario } from './scenario.ts';

function certified(world: World, change: Partial<NonNullable<World['facts']['certificate']>>): World {
  const { certificate } = world.facts;
  return world.with({ certificate: certificate && { ...certificate, ...change } });
}

export const fenceScenarios: readonly Scenario[] = [
  {
    guard: 'powerCanBeCut',
    rule: 'refuses until a person has dealt with it when its controller was caught lying',
    change: (world) =>
      world.target({
        distrust: { device: 'bmc', because: 'It lies.', atWallMs: nowWallMs, checkedWallMs: 0 },
      }),
    verdict: 'deny',
    says: /was caught: It lies\..*checkedAt.*spec\.attestations/,
  },
  {
    guard: 'powerCanBeCut',
    rule: 'says the same for as long as the member is heard of, whatever its controller says meanwhile',
    change: (world) => world.answer(target, { kind: 'master' }).with({ powerReadings: [] }),
    verdict: 'unknown',
    says: /answered at its own address.*not checked/,
  },
  {
    guard: 'powerCanBeCut',
    rule: 'refuses when its controller would not cut the power',
    change: (world) => world.with({ cannotCutBecause: 'The account may only read.' }),
    verdict: 'deny',
    says: /may only read\..*spec\.attestations/,
  },
  {
    guard: 'othersAnsweredSinceTheCut',
    rule: 'refuses when another member fell silent in the moment of the cut',
    change: (world) => world.silentSince(hostUUID(2), 34_000),
    verdict: 'deny',
    says: /host-2 fell silent when the power of host-3 was cut/,
  },
  {
    guard: 'othersAnsweredSinceTheCut',
    rule: 'refuses so also when the wall clock was set back after the cut',
    change: (world) => world.silentSince(hostUUID(2), 34_000, { setBackMs: 7_200_000 }),
    verdict: 'deny',
    says: /wrong machine may have been cut/,
  },
  {
    guard: 'othersAnsweredSinceTheCut',
    rule: 'waits until each other member has been asked again since the cut',
    change: (world) => world.answer(hostUUID(4), read({ kind: 'member', ofAddress: '10.0.0.1' }, 36_000)),
    verdict: 'unknown',
    says: /host-4 has not answered since/,
  },
  {
    guard: 'othersAnsweredSinceTheCut',
    rule: 'does not count the answer that came while the controller still said on',
    change: (world) => world.answer(hostUUID(4), read({ kind: 'member', ofAddress: '10.0.0.1' }, 21_000)),
    verdict: 'unknown',
    says: /host-4 has not answered since/,
  },
  {
    guard: 'othersAnsweredSinceTheCut',
    rule: 'only waits for a member that fell silent with the cut for as long as no machine boots: its toolstack may be restarting',
    change: (world) => world.silentSince(hostUUID(2), 29_000),
    verdict: 'unknown',
    says: /host-2 has not answered since/,
  },
  {
    guard: 'othersAnsweredSinceTheCut',
    rule: 'takes no offence at a member that answered after the cut and fell silent later, as a master does that restarts',
    change: (world) => world.silentSince(hostUUID(1), 5_000, { answeredAgoMs: 8_000 }),
    verdict: 'allow',
    says: /Every other member/,
  },
  {
    guard: 'othersAnsweredSinceTheCut',
    rule: 'waits for a member that fell silent long after the cut and was never heard of since it',
    change: (world) =>
      world
        .with({ powerReadings: [], journal: [] })
        .power('off', 190_000)
        .power('off', 2000)
        .acted({ key: `cutPower ${target}`, sinceMs: nowMs - 200_000, endedMs: nowMs - 190_000 })
        .silentSince(hostUUID(2), 90_000, { answeredAgoMs: 300_000 }),
    verdict: 'unknown',
    says: /host-2 has not answered since.*may be the machine that was cut/,
  },
  {
    guard: 'othersAnsweredSinceTheCut',
    rule: 'waits for a member that fell silent at the first of several tries, after each of which the power read as on',
    change: (world) =>
      world
        .with({ journal: [] })
        .acted({
          key: `cutPower ${target}`,
          sinceMs: nowMs - 200_000,
          endedMs: nowMs - 170_000,
          outcome: 'NotDone',
        })
        .acted({
          key: `cutPower ${target}`,
          sinceMs: nowMs - 150_000,
          endedMs: nowMs - 120_000,
          outcome: 'NotDone',
        })
        .silentSince(hostUUID(2), 195_000, { answeredAgoMs: 205_000 }),
    verdict: 'unknown',
    says: /host-2 has not answered since.*may be the machine that was cut/,
  },
  {
    guard: 'othersAnsweredSinceTheCut',
    rule: 'takes no offence at a member that was silent before',
    change: (world) => world.silentSince(hostUUID(2), 60_000).answer(hostUUID(2), silent),
    verdict: 'allow',
    says: /Every other member/,
  },
  {
    guard: 'powerCanBeCut',
    rule: 'waits while the power has never been read',
    change: (world) => world.with({ powerReadings: [] }),
    verdict: 'unknown',
    says: /has not been read yet.*spec\.attestations/,
  },
  {
    guard: 'powerCanBeCut',
    rule: 'waits when the newest attempt to read the power failed, whatever was read before',
    change: (world) => world.with({ powerUnknown: 'the controller does not answer.' }),
    verdict: 'unknown',
    says: /the controller does not answer\..*spec\.attestations/,
  },
  {
    guard: 'powerCanBeCut',
    rule: 'waits when the power was last read more than 5 s ago',
    change: (world) => world.with({ powerReadings: [] }).power('on', 5001),
    verdict: 'unknown',
    says: /being read again/,
  },
  {
    guard: 'powerCanBeCut',
    rule: "accepts a person's word instead of a device that cannot be read",
    change: (world) => world.with({ powerReadings: [], powerUnknown: 'no controller' }).attested(),
    verdict: 'allow',
    says: /person states.*no power cut is sent/,
  },
  {
    guard: 'powerCanBeCut',
    rule: "does not accept a person's word against a controller that says on",
    change: (world) =>
      world.with({ powerReadings: [], powerUnknown: 'it hangs now' }).attested().power('on', 30_000),
    verdict: 'unknown',
    says: /could not be read/,
  },
  {
    guard: 'powerCanBeCut',
    rule: 'says why the word that was given does not count',
    change: (world) =>
      world.with({ powerReadings: [], powerUnknown: 'no controller.' }).attested({ hostUUID: 'another' }),
    verdict: 'unknown',
    says: /attestation by mika is about another machine, another/,
  },
  {
    guard: 'noContrarySignWasSeen',
    rule: 'refuses for good once a proof was contradicted',
    in: 'fenced',
    change: (world) => certified(world, { voidBecause: 'host-3 answered.' }),
    verdict: 'deny',
    says: /contradicted: host-3 answered\. Find out why/,
  },
  {
    guard: 'noContrarySignWasSeen',
    rule: 'refuses to cut the power a second time when it came back after the proof had run out',
    in: 'fenced',
    change: (world) => certified(world, { validUntilWallMs: nowWallMs - 1 }).power('on', 500),
    verdict: 'deny',
    says: /contradicted: .*power of host-3 is "On"/,
  },
  {
    guard: 'hostIsProvenOff',
    rule: 'waits without a proof',
    change: (world) => world.with({ certificate: undefined }),
    verdict: 'unknown',
    says: /no proof yet that host-3 has no power/,
  },
  {
    guard: 'hostIsProvenOff',
    rule: 'refuses a proof that was ended',
    change: (world) => certified(world, { voidBecause: 'host-3 answered.' }),
    verdict: 'deny',
    says: /is void: host-3 answered/,
  },
  {
    guard: 'hostIsProvenOff',
    rule: 'refuses a proof about another host',
    change: (world) => certified(world, { hostUUID: 'a0000000-0000-4000-8000-000000000004' }),
    verdict: 'deny',
    says: /about another machine/,
  },
  {
    guard: 'hostIsProvenOff',
    rule: 'refuses the proof of a controller that was caught lying since',
    change: (world) =>
      world.target({
        distrust: { device: 'bmc', because: 'It lies.', atWallMs: nowWallMs, checkedWallMs: 0 },
      }),
    verdict: 'deny',
    says: /was caught: It lies\./,
  },
  {
    guard: 'hostIsProvenOff',
    rule: 'refuses a proof about another serial',
    change: (world) => certified(world, { serial: 'SN-4' }),
    verdict: 'deny',
    says: /about another machine.*SN-4/,
  },
  {
    guard: 'hostIsProvenOff',
    rule: 'waits for a new proof when the old one has expired',
    change: (world) => certified(world, { validUntilWallMs: nowWallMs }),
    verdict: 'unknown',
    says: /has expired/,
  },
  {
    guard: 'hostIsProvenOff',
    rule: 'waits when the power was last read more than 5 s ago',
    change: (world) =>
      world
        .later(4000)
        .answer(target, read(silent, -3500))
        .with({ masterContact: read('cannotBeContacted', -3500) }),
    verdict: 'unknown',
    says: /has to be read again.*older than 5 s/,
  },
  {
    guard: 'hostIsProvenOff',
    rule: 'waits when the newest attempt to read the power failed, however fresh the one before is',
    change: (world) => world.with({ powerUnknown: 'the controller hangs.' }),
    verdict: 'unknown',
    says: /controller hangs/,
  },
  {
    guard: 'hostIsProvenOff',
    rule: 'waits when the member was last asked more than 5 s ago',
    change: (world) => world.answer(target, read(silent, 5001)),
    verdict: 'unknown',
    says: /Whether host-3 answers was last read/,
  },
  {
    guard: 'hostIsProvenOff',
    rule: 'waits when asking the member failed on this side',
    change: (world) => world.answer(target, notRead),
    verdict: 'unknown',
    says: /could not be read/,
  },
  {
    guard: 'hostIsProvenOff',
    rule: 'waits when it is not known whether the master reaches the member',
    change: (world) => world.with({ masterContact: notRead }),
    verdict: 'unknown',
    says: /could not be read/,
  },
  {
    guard: 'hostIsProvenOff',
    rule: 'refuses as soon as the power reads as on',
    change: (world) => world.power('on', 500),
    verdict: 'deny',
    says: /power of host-3 is "On"/,
  },
  {
    guard: 'hostIsProvenOff',
    rule: 'refuses as soon as the power reads as neither on nor off',
    change: (world) => world.power('other', 500),
    verdict: 'deny',
    says: /PoweringOff/,
  },
  {
    guard: 'hostIsProvenOff',
    rule: 'refuses when the power was on for one reading since the proof, though it is off again',
    change: (world) => world.power('on', 1500).power('off', 500),
    verdict: 'deny',
    says: /power of host-3 is "On"/,
  },
  {
    guard: 'hostIsProvenOff',
    rule: 'refuses when the controller shows the serial of another machine',
    change: (world) => world.power('off', 500, { serial: 'SN-4' }),
    verdict: 'deny',
    says: /now shows the serial SN-4 instead of serial SN-3/,
  },
  {
    guard: 'hostIsProvenOff',
    rule: 'refuses as soon as the member answers',
    change: (world) => world.answer(target, { kind: 'troubled', says: 'still booting' }),
    verdict: 'deny',
    says: /answered at its own address/,
  },
  {
    guard: 'hostIsProvenOff',
    rule: 'refuses as soon as the master reaches the member',
    change: (world) => world.with({ masterContact: read('answers') }),
    verdict: 'deny',
    says: /master reached host-3/,
  },
  {
    guard: 'hostIsProvenOff',
    rule: 'refuses when somebody else answers at the address',
    change: (world) => world.answer(target, { kind: 'impostor', says: 'another fingerprint' }),
    verdict: 'deny',
    says: /may be the member/,
  },
  {
    guard: 'hostIsProvenOff',
    rule: 'refuses when the pool would not declare it dead because it reached it',
    change: (world) =>
      world.acted({
        key: `declareDead ${target}`,
        outcome: 'NotDone',
        reply: 'failed',
        says: 'HOST_IS_LIVE: the host is live',
      }),
    verdict: 'deny',
    says: /HOST_IS_LIVE/,
  },
  {
    guard: 'hostIsProvenOff',
    rule: 'does not take the on of before the proof for a contradiction',
    change: (world) => world.power('off', 500),
    verdict: 'allow',
    says: /says that host-3 is off/,
  },
];
