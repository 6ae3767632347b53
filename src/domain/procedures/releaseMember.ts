/**
 * ReleaseMember: a member that stopped answering is cut from power for certain, the pool releases what it held, and its
 * virtual machines start on members with room. docs/runbooks/release-member.md has the same sentences for people.
 */
import { startedReads } from '../acts/start.ts';
import {
  memberIsNotBeingWorkedOn,
  memberIsSilent,
  noOtherMemberFails,
  nothingMovesToTheMember,
} from '../guards/failure.ts';
import {
  hostIsProvenOff,
  noContrarySignWasSeen,
  othersAnsweredSinceTheCut,
  powerCanBeCut,
} from '../guards/fence.ts';
import {
  exactlyOneMasterAnswers,
  hostIsNotTheMaster,
  hostIsThePinnedOne,
  machineIsTheOneMeant,
  poolIsThePinnedOne,
} from '../guards/identity.ts';
import {
  hostIsInService,
  noOtherRecoveryRuns,
  poolIsNotPaused,
  poolModeAllowsActing,
  requestAsksForExecution,
  requestIsNotCancelled,
} from '../guards/permission.ts';
import { planIsApproved, planStillHolds } from '../guards/plan.ts';
import {
  highAvailabilityIsOff,
  masterHasBeenUpLongEnough,
  memberIsReleased,
  noUpgradeIsUnderWay,
  sharedStorageIsHealthy,
} from '../guards/poolHealth.ts';
import { requestLastsMs, stepCallsAfterMs } from '../kernel/outcome.ts';
import { cutThePower } from '../steps/cutThePower.ts';
import { declareTheMemberDead } from '../steps/declareTheMemberDead.ts';
import { everyProbeAnswers } from '../steps/everyProbeAnswers.ts';
import { everyVirtualMachineIsUp } from '../steps/everyVirtualMachineIsUp.ts';
import { noLockIsLeft, removalReads } from '../steps/noLockIsLeft.ts';
import type { Procedure, Step } from '../xapi/form.ts';
import { advance } from '../xapi/progress.ts';
import { releaseGrounds } from '../xapi/releaseGrounds.ts';
import { makePlan, planIntent, planIsOutdated, planPins, planReads } from '../xapi/releasePlan.ts';
import { releaseTelling } from '../xapi/releaseTelling.ts';

/** Who may act on whom. Asked at every step, since any of it may change while a recovery runs. */
const permission = [
  poolModeAllowsActing,
  requestAsksForExecution,
  requestIsNotCancelled,
  poolIsNotPaused,
  noOtherRecoveryRuns,
  hostIsInService,
  poolIsThePinnedOne,
  hostIsThePinnedOne,
  machineIsTheOneMeant,
  hostIsNotTheMaster,
  exactlyOneMasterAnswers,
  highAvailabilityIsOff,
  noUpgradeIsUnderWay,
];

/** The member has failed, and it alone. */
const oneFailure = [memberIsNotBeingWorkedOn, noOtherMemberFails, sharedStorageIsHealthy];

const steps: readonly Step[] = [
  {
    title: "Cut the member's power, and read it back as off twice, at least 10 seconds apart",
    guards: [
      ...permission,
      noContrarySignWasSeen,
      ...oneFailure,
      memberIsSilent,
      planStillHolds,
      planIsApproved,
      powerCanBeCut,
    ],
    // The silence that the Pool asks for is waited for here.
    patienceMs: ({ journal, policy }) =>
      stepCallsAfterMs + (journal.length === 0 ? policy.memberTimeoutMs : 0),
    ...cutThePower,
  },
  {
    title: 'Declare the member dead, so that the pool releases its virtual machines',
    guards: [
      ...permission,
      ...oneFailure,
      masterHasBeenUpLongEnough,
      nothingMovesToTheMember,
      planStillHolds,
      planIsApproved,
      othersAnsweredSinceTheCut,
      hostIsProvenOff,
    ],
    ...declareTheMemberDead,
  },
  {
    title: 'See that every storage lock of the member is gone',
    guards: [...permission, memberIsReleased, othersAnsweredSinceTheCut, hostIsProvenOff],
    ...noLockIsLeft,
  },
  {
    title: 'Start its virtual machines on members with room, in their order',
    guards: [...permission, memberIsReleased, othersAnsweredSinceTheCut, hostIsProvenOff],
    marks: 'releasedAt',
    ...everyVirtualMachineIsUp,
  },
  {
    title: 'See that each started virtual machine serves',
    guards: [],
    ...everyProbeAnswers,
  },
];

export const releaseMember: Procedure = {
  name: 'ReleaseMember',
  target: 'Host',
  steps,
  plan: {
    draft: makePlan,
    outdated: planIsOutdated,
    reads: planReads,
    grounds: releaseGrounds,
    pins: planPins,
    intent: planIntent,
    follow: advance,
  },
  telling: releaseTelling,
  provenOff: ({ target }) => [target.hostUUID],
  followReads: (facts) => [...removalReads(facts), ...startedReads(facts)],
  beginsWithinMs: ({ policy }) => requestLastsMs + policy.memberTimeoutMs,
};
