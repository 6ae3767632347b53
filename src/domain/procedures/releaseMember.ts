/**
 * ReleaseMember: a member that stopped answering is cut from power for certain, the pool lets go of what it held, and its
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
  planIsApproved,
  planStillHolds,
  poolIsNotPaused,
  poolModeAllowsActing,
  requestAsksForExecution,
  requestIsNotCancelled,
} from '../guards/permission.ts';
import {
  highAvailabilityIsOff,
  masterHasBeenUpLongEnough,
  memberIsReleased,
  noUpgradeIsUnderWay,
  sharedStorageIsHealthy,
} from '../guards/poolHealth.ts';
import type { Procedure, Runbook } from '../kernel/decide.ts';
import { cutThePower } from '../steps/cutThePower.ts';
import { declareTheMemberDead } from '../steps/declareTheMemberDead.ts';
import { everyProbeAnswers } from '../steps/everyProbeAnswers.ts';
import { everyVirtualMachineIsUp } from '../steps/everyVirtualMachineIsUp.ts';
import { noLockIsLeft, removalReads } from '../steps/noLockIsLeft.ts';
import { planReads } from '../xapi/releasePlan.ts';

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

const steps: Runbook = [
  {
    title: "Cut the member's power, and read it back as off twice, at least 10 seconds apart",
    risk: 'Disruptive',
    guards: [
      ...permission,
      noContrarySignWasSeen,
      ...oneFailure,
      memberIsSilent,
      planStillHolds,
      planIsApproved,
      powerCanBeCut,
    ],
    ...cutThePower,
  },
  {
    title: 'Declare the member dead, so that the pool releases its virtual machines',
    risk: 'Disruptive',
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
    risk: 'Disruptive',
    guards: [...permission, memberIsReleased, othersAnsweredSinceTheCut, hostIsProvenOff],
    ...noLockIsLeft,
  },
  {
    title: 'Start its virtual machines on members with room, in their order',
    risk: 'Reversible',
    guards: [...permission, memberIsReleased, othersAnsweredSinceTheCut, hostIsProvenOff],
    marks: 'releasedAt',
    ...everyVirtualMachineIsUp,
  },
  {
    title: 'See that each started virtual machine serves',
    risk: 'Read',
    guards: [],
    ...everyProbeAnswers,
  },
];

export const releaseMember: Procedure = {
  name: 'ReleaseMember',
  steps,
  planReads,
  followReads: (facts) => [...removalReads(facts), ...startedReads(facts)],
};
