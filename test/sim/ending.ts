/** How a request ended, and what the world was like then: what a fault must not change. */
import type { World } from './world.ts';

export interface Ending {
  readonly phase: string;
  /** What the request says of each virtual machine of its plan. */
  readonly results: Readonly<Record<string, string>>;
  /** Each virtual machine of the world, and how many times it really runs; one on a member that has failed counts ten times. */
  readonly running: Readonly<Record<string, number>>;
  /** Harmful acts that changed the world, sorted. */
  readonly harm: readonly string[];
  /** Harmful acts that took place once more and changed nothing. */
  readonly repeats: readonly string[];
  readonly violations: readonly string[];
}

export async function ended(world: World, name: string, withinMs = 40 * 60_000): Promise<boolean> {
  return await world.until(async () => {
    const phase = (await world.recovery(name))?.status?.phase ?? '';
    return ['Succeeded', 'Failed', 'Cancelled', 'Planned'].includes(phase);
  }, withinMs);
}

export async function endingOf(world: World, name: string, failed: readonly string[]): Promise<Ending> {
  const status = await statusOf(world, name);
  const verdict = world.lab.verdict();
  const acts = verdict.harmfulEffects;
  return {
    phase: status?.phase ?? 'none',
    results: Object.fromEntries((status?.items ?? []).map((machine) => [machine.name, machine.state])),
    running: Object.fromEntries(
      verdict.virtualMachines.map(({ name: vm, runsOn }) => {
        const wrong = runsOn.filter((host) => failed.includes(host)).length;
        return [vm, runsOn.length - wrong + 10 * wrong];
      }),
    ),
    harm: acts
      .filter((act) => act.changedAnything)
      .map((act) => `${act.kind} ${act.target}`)
      .toSorted(),
    repeats: acts.filter((act) => !act.changedAnything).map((act) => `${act.kind} ${act.target}`),
    violations: verdict.violations.map((violation) => violation.sentence),
  };
}

/** The kind of each act that the request's journal has, in order. */
export async function actsOf(world: World, name: string): Promise<readonly string[]> {
  const journal = (await statusOf(world, name))?.journal ?? [];
  // An entry is a wave: the same is done to each of its targets.
  return journal.flatMap(({ act, targets = [] }) => targets.map(() => act));
}

async function statusOf(
  world: World,
  name: string,
): Promise<NonNullable<Awaited<ReturnType<World['recovery']>>>['status']> {
  let request: Awaited<ReturnType<World['recovery']>>;
  await world.run(async () => {
    request = await world.recovery(name);
  });
  return request?.status;
}
