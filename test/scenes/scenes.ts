import { releaseMemberScenes } from './releaseMember.ts';
import type { Scene } from './scene.ts';

/** Every scene; what holds for all procedures is tried in each of them. */
export const scenes: readonly Scene[] = [...releaseMemberScenes];
