/** Words for worlds in which a member is lost and its release is asked for. */
import { asUsual, cutOff, lostHost, requestName } from '../scenes/releaseMember.ts';
import { type Ending, ended, endingOf as endingOfRequest } from './ending.ts';
import { type CleanRun, cleanRun as cleanRunOf } from './points.ts';
import type { World } from './world.ts';

export { ended } from './ending.ts';
export { keyOf, type Point } from './points.ts';
export { smallWorld } from './smallWorld.ts';
export { lostHost, requestName };

/** Cuts a member off while its virtual machines go on writing, asks for its release, and waits for the end. */
export async function releaseLostHost(world: World, withinMs = 40 * 60_000): Promise<Ending> {
  cutOff(world);
  await world.request(requestName, lostHost);
  await ended(world, requestName, withinMs);
  return await endingOf(world, requestName);
}

export function endingOf(world: World, name: string): Promise<Ending> {
  return endingOfRequest(world, name, [lostHost]);
}

export function cleanRun(): Promise<CleanRun> {
  return cleanRunOf(asUsual);
}
