import type { GuardCase } from './guardCase.ts';
import { releaseMemberScenes } from './releaseMember.ts';
import { releaseMemberGuards } from './releaseMemberGuards.ts';
import type { Scene } from './scene.ts';

/** Every scene; what holds for all procedures is tried in each of them. */
export const scenes: readonly Scene[] = [...releaseMemberScenes];

/** Every guard that is taken out of a whole world. */
export const guardCases: readonly GuardCase[] = [...releaseMemberGuards];
