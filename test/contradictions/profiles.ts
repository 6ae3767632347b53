/** Mixtures of contradictions in which one kind of mend is what stands between the operator and harm. */
import type { Profile } from './draw.ts';

const nothing: Profile = {
  identity: 0,
  transplants: 0,
  controllers: 0,
  words: 0,
  absences: 0,
  reach: 0,
  power: 0,
  clocks: 0,
  byHand: 0,
  declarations: 0,
  faults: 0,
  requests: 0,
  moving: 0,
  media: 0,
  numbers: 0,
  exchanges: 0,
  checks: 0,
  masters: 0,
  forgetting: 0,
};

export const ofIdentity: Profile = { ...nothing, identity: 1, power: 0.2 };
export const ofWords: Profile = {
  ...nothing,
  words: 1,
  controllers: 0.5,
  reach: 0.7,
  absences: 0.4,
  power: 0.2,
};
export const ofControllers: Profile = { ...nothing, controllers: 1, reach: 0.4, absences: 0.2 };
export const ofMoving: Profile = { ...nothing, moving: 1, absences: 0.2, byHand: 0.2 };
/** Controllers on other machines that show everything that was expected of them. */
export const ofWrongCuts: Profile = { ...nothing, identity: 1, transplants: 1 };
