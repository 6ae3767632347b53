import { beliefOf, hostUUID, master, notRead, read, silent, storage, target, vmUUID } from '../facts.ts';
import type { Scenario } from './scenario.ts';

const second = hostUUID(2);

export const failureScenarios: readonly Scenario[] = [
  {
    guard: 'memberIsSilent',
    rule: 'refuses a member that answers at its own address',
    change: (world) => world.answer(target, { kind: 'member', ofAddress: '10.0.0.1' }),
    verdict: 'deny',
    says: /host-3 answered at its own address/,
  },
  {
    guard: 'memberIsSilent',
    rule: 'takes a member in emergency mode for alive',
    change: (world) => world.answer(target, { kind: 'troubled', says: 'HOST_STILL_BOOTING' }),
    verdict: 'deny',
    says: /answered at its own address/,
  },
  {
    guard: 'memberIsSilent',
    rule: 'refuses when somebody else answers at its address, since it may be the member',
    change: (world) => world.answer(target, { kind: 'impostor', says: 'another fingerprint' }),
    verdict: 'deny',
    says: /another certificate \(another fingerprint\), and it may be the member/,
  },
  {
    guard: 'memberIsSilent',
    rule: 'refuses a member that the master still reaches: only the way from here is broken',
    change: (world) => world.with({ masterContact: read('answers') }),
    verdict: 'deny',
    says: /master reached host-3/,
  },
  {
    guard: 'memberIsSilent',
    rule: 'waits until the silence has lasted as long as the Pool asks for',
    change: (world) => world.with({ silentForMs: read(599_000) }),
    verdict: 'unknown',
    says: /silent for 599 s of the 600 s/,
  },
  {
    guard: 'memberIsSilent',
    rule: 'waits when the member was last asked more than 5 s ago',
    change: (world) => world.answer(target, read(silent, 5001)),
    verdict: 'unknown',
    says: /Whether host-3 answers was last read/,
  },
  {
    guard: 'memberIsSilent',
    rule: 'waits when asking the member failed on this side',
    change: (world) => world.answer(target, notRead),
    verdict: 'unknown',
    says: /could not be read/,
  },
  {
    guard: 'memberIsSilent',
    rule: 'waits when it is not known whether the master reaches the member',
    change: (world) => world.with({ masterContact: notRead }),
    verdict: 'unknown',
    says: /could not be read/,
  },
  {
    guard: 'memberIsSilent',
    rule: 'waits when it is not known how long the silence has lasted',
    change: (world) => world.with({ silentForMs: notRead }),
    verdict: 'unknown',
    says: /could not be read/,
  },
  {
    guard: 'memberIsNotBeingWorkedOn',
    rule: 'refuses a member that the pool is rebooting',
    change: (world) => world.host(target, { currentOperations: ['reboot'] }),
    verdict: 'deny',
    says: /doing reboot on host-3/,
  },
  {
    guard: 'noOtherMemberFails',
    rule: 'refuses when a second member fails, naming both',
    change: (world) => world.answer(second, silent),
    verdict: 'deny',
    says: /2 members fail at the same time \(host-3, host-2\).*allows 1/,
  },
  {
    guard: 'noOtherMemberFails',
    rule: 'counts a member in trouble as failing',
    change: (world) => world.answer(second, { kind: 'troubled', says: 'emergency mode' }),
    verdict: 'deny',
    says: /2 members fail/,
  },
  {
    guard: 'noOtherMemberFails',
    rule: 'counts a member at whose address somebody else answers as failing',
    change: (world) => world.answer(second, { kind: 'impostor', says: 'another fingerprint' }),
    verdict: 'deny',
    says: /2 members fail/,
  },
  {
    guard: 'noOtherMemberFails',
    rule: 'waits when it is not known whether another member answers',
    change: (world) => world.answer(second, notRead),
    verdict: 'unknown',
    says: /could not be read/,
  },
  {
    guard: 'noOtherMemberFails',
    rule: 'waits when another member was last asked more than 45 s ago',
    change: (world) => world.answer(second, read({ kind: 'master' }, 45_001)),
    verdict: 'unknown',
    says: /Whether host-2 answers was last read/,
  },
  {
    guard: 'noOtherMemberFails',
    rule: 'waits for a member that nobody has declared, and asks for it',
    change: (world) => world.declaredHost(second, 'undeclared').answer(second, notRead),
    verdict: 'unknown',
    says: /host-2 is a pool member without a Host.*Create a Host for it/,
  },
  {
    guard: 'noOtherMemberFails',
    rule: 'does not count a silent member in Maintenance',
    change: (world) => world.declaredHost(second, 'Maintenance').answer(second, silent),
    verdict: 'allow',
    says: /All other members answer/,
  },
  {
    guard: 'noOtherMemberFails',
    rule: 'allows as many failing members as the Pool says',
    change: (world) => world.policy({ failedMembers: 2 }).answer(second, silent),
    verdict: 'allow',
    says: /2 members fail, which the Pool allows/,
  },
  {
    guard: 'sharedStorageIsHealthy',
    rule: 'refuses while shared storage is not plugged on another member, naming both',
    change: (world) => world.storage('sr-shared', { attachedOn: new Set([master, second, target]) }),
    verdict: 'deny',
    says: /sr-shared is not plugged on host-4/,
  },
  {
    guard: 'sharedStorageIsHealthy',
    rule: 'does not ask for storage that nothing of the plan uses, which once refused a release for a forgotten plug',
    change: (world) =>
      world.pool({
        storage: new Map([
          ...beliefOf(world.facts).storage,
          ['sr-other', storage('sr-other', { shared: true, knownOn: new Set([master, second]) })],
        ]),
      }),
    verdict: 'allow',
    says: /plugged on every other member/,
  },
  {
    guard: 'sharedStorageIsHealthy',
    rule: 'does not ask for a library of CDs, in use or not',
    change: (world) =>
      world
        .pool({
          storage: new Map([
            ...beliefOf(world.facts).storage,
            ['sr-iso', storage('sr-iso', { type: 'iso', shared: true, knownOn: new Set([master, second]) })],
          ]),
        })
        .machine('web', { media: [{ vdiUUID: 'cd', srUUID: 'sr-iso' }] }),
    verdict: 'allow',
    says: /plugged on every other member/,
  },
  {
    guard: 'sharedStorageIsHealthy',
    rule: 'does not ask for the storage of the failed member itself',
    change: (world) => world.storage('sr-shared', { attachedOn: new Set([master, second, hostUUID(4)]) }),
    verdict: 'allow',
    says: /plugged on every other member/,
  },
  {
    guard: 'sharedStorageIsHealthy',
    rule: 'does not ask for the storage of a member in Maintenance',
    change: (world) =>
      world
        .declaredHost(second, 'Maintenance')
        .storage('sr-shared', { attachedOn: new Set([master, hostUUID(4)]) }),
    verdict: 'allow',
    says: /plugged on every other member/,
  },
  {
    guard: 'masterHasBeenUpLongEnough',
    rule: "waits for eleven minutes after the master's toolstack started",
    change: (world) => world.pool({ masterUpForMs: 11 * 60_000 - 1 }),
    verdict: 'unknown',
    says: /started 10 min ago.*after 11 min/,
  },
  {
    guard: 'masterHasBeenUpLongEnough',
    rule: "says so while it is not known how long the master's toolstack has been up",
    change: (world) =>
      world.pool({
        masterUpForMs: 0,
        masterUpUnsureBecause: 'its clock could not be read; it is asked again',
      }),
    verdict: 'unknown',
    says: /not known how long.*its clock could not be read; it is asked again\..*0 min are confirmed/,
  },
  {
    guard: 'masterHasBeenUpLongEnough',
    rule: 'allows when what is certain is long enough',
    change: (world) =>
      world.pool({ masterUpForMs: 11 * 60_000, masterUpUnsureBecause: 'its clock could not be read' }),
    verdict: 'allow',
    says: /up for 11 min/,
  },
  {
    guard: 'masterHasBeenUpLongEnough',
    rule: 'allows from the eleventh minute on',
    change: (world) => world.pool({ masterUpForMs: 11 * 60_000 }),
    verdict: 'allow',
    says: /up for 11 min/,
  },
  {
    guard: 'nothingMovesToTheMember',
    rule: 'refuses while a virtual machine is being moved to the member, naming it',
    change: (world) => world.machine('mail', { scheduledOn: target }),
    verdict: 'deny',
    says: /mail is being started on or moved to host-3/,
  },
  {
    guard: 'planStillHolds',
    rule: 'waits while there is no plan',
    change: (world) => world.with({ plan: undefined }),
    verdict: 'unknown',
    says: /plan is being made/,
  },
  {
    guard: 'planStillHolds',
    rule: 'waits for a new plan when a virtual machine came to the member',
    change: (world) => world.machine('mail', { residentOn: target }),
    verdict: 'unknown',
    says: /mail came to host-3 after the plan was made.*new plan is being made/,
  },
  {
    guard: 'planStillHolds',
    rule: 'waits for a new plan when a virtual machine left the member',
    change: (world) => world.machine('web', { residentOn: master }),
    verdict: 'unknown',
    says: /web is no longer on host-3/,
  },
  {
    guard: 'planStillHolds',
    rule: 'keeps the plan once the release has begun, whatever has left the member since',
    change: (world) =>
      world
        .acted({ key: `declareDead ${target}`, outcome: 'NotDone' })
        .machine('web', { residentOn: undefined }),
    verdict: 'allow',
    says: /covers every virtual machine/,
  },
  {
    guard: 'planIsApproved',
    rule: 'waits for an approval where the Pool asks for one, naming the hash',
    change: (world) => world.policy({ approval: 'Always' }),
    verdict: 'unknown',
    says: /waits for an approval.*planHash plan-1/,
  },
  {
    guard: 'planIsApproved',
    rule: 'does not take the approval of another plan',
    change: (world) =>
      world.policy({ approval: 'Always' }).request({ approval: { planHash: 'plan-0', by: 'mika' } }),
    verdict: 'unknown',
    says: /by mika is for the plan plan-0, and the plan is now plan-1/,
  },
  {
    guard: 'planIsApproved',
    rule: 'allows the plan whose hash was approved',
    change: (world) =>
      world.policy({ approval: 'Always' }).request({ approval: { planHash: 'plan-1', by: 'mika' } }),
    verdict: 'allow',
    says: /plan-1 was approved by mika/,
  },
  {
    guard: 'memberIsReleased',
    rule: 'refuses when the member is enabled again: it has come back to life',
    change: (world) => world.host(target, { enabled: true }),
    verdict: 'deny',
    says: /enabled again/,
  },
  {
    guard: 'memberIsReleased',
    rule: 'refuses while a virtual machine is resident on the member',
    change: (world) => world.machine('web', { residentOn: target }),
    verdict: 'deny',
    says: /resident on it/,
  },
  {
    guard: 'memberIsReleased',
    rule: 'does not mind virtual machines that are resident elsewhere',
    change: (world) => world.machine('web', { residentOn: master, uuid: vmUUID('web') }),
    verdict: 'allow',
    says: /has released host-3/,
  },
];
