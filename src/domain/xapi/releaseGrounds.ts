/** The facts that the plan of a release rests on, as they are now, with who said so and when. */
import type { Ground } from '../kernel/plan.ts';
import type { Facts } from './facts.ts';
import { residentsOf } from './residents.ts';

/** None while the pool is not known; then there is no plan either. */
export function releaseGrounds(facts: Facts): readonly Ground[] {
  const { pool, target, momentMs, nowMs } = facts;
  if (pool.kind === 'unknown') return [];
  const atWallMs = (atMs: number): number => momentMs - (nowMs - atMs);
  const host = pool.value.hosts.get(target.hostUUID);
  const residents = residentsOf(pool.value, target.hostUUID).length;
  const answer = facts.answers.get(target.hostUUID);
  const power = facts.powerReadings.at(-1);
  const grounds: Ground[] = [
    {
      fact: `The pool ${pool.value.uuid} has ${host?.name ?? target.hostUUID} as a member, with ${residents} virtual machines.`,
      source: pool.source,
      atWallMs: atWallMs(pool.atMs),
    },
  ];
  if (answer?.kind === 'known') {
    const does = answer.value.kind === 'silent' ? 'does not answer' : 'answers';
    grounds.push({
      fact: `${target.name} ${does} at its own address.`,
      source: answer.source,
      atWallMs: atWallMs(answer.atMs),
    });
  }
  if (power !== undefined) {
    grounds.push({
      fact: `Its power reads "${power.says}", serial ${power.serial}.`,
      source: power.device,
      atWallMs: power.atWallMs,
    });
  }
  return grounds;
}
