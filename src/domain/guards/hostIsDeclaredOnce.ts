import { allow, deny, type Guard } from '../verdict.ts';

/** Two Host objects for one machine would be two opinions about its power; neither is believed. */
export const hostIsDeclaredOnce: Guard = {
  name: 'hostIsDeclaredOnce',
  judge: ({ target }) =>
    target.alsoClaimedBy.length === 0
      ? allow(`Only one Host claims ${target.hostUUID}.`)
      : deny(
          `The host UUID ${target.hostUUID} is claimed by ${[target.name, ...target.alsoClaimedBy].join(' and ')}. Delete the Host that is wrong.`,
        ),
};
