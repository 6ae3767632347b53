/**
 * One recovery in a small world, as short as virtual time allows: three members, eight virtual machines on the shared
 * storage in several orders and one on the local storage of the member that is lost. What a fault must not change about
 * its end is an `Ending`.
 */
import type { OutgoingRequest } from '../../src/simulation/faults.ts';
import { createWorld, type World, type WorldOptions } from './world.ts';

export const requestName = 'release-3';
export const lostHost = 'host-3';

export interface Ending {
  readonly phase: string;
  /** What the request says of each virtual machine of its plan. */
  readonly results: Readonly<Record<string, string>>;
  /** Each virtual machine of the world, and how many times it really runs, on members that have not failed. */
  readonly running: Readonly<Record<string, number>>;
  /** Harmful acts that changed the world, sorted. */
  readonly harm: readonly string[];
  /** Harmful acts that took place once more and changed nothing. */
  readonly repeats: readonly string[];
  readonly violations: readonly string[];
}

/** A small world whose waits are short. The member's silence still has to last its time. */
export function smallWorld(options: WorldOptions = {}): World {
  return createWorld({
    ...options,
    lab: {
      members: 3,
      virtualServers: 8,
      localVirtualServers: 1,
      latencies: { forwardedCallMs: 3_000, guardContactMs: 1_000, forceOffMs: 2_000, startMs: 1_000 },
      ...options.lab,
    },
    manifests: { memberTimeoutSeconds: 10, ...options.manifests },
  });
}

/** Cuts a member off while its virtual machines go on writing, asks for its release, and waits for the end. */
export async function releaseLostHost(world: World, withinMs = 40 * 60_000): Promise<Ending> {
  world.lab.steer.partition(lostHost, 'everyone', 'management');
  await world.request(requestName, lostHost);
  await ended(world, requestName, withinMs);
  return await endingOf(world, requestName);
}

export async function ended(world: World, name: string, withinMs = 40 * 60_000): Promise<boolean> {
  return await world.until(async () => {
    const phase = (await world.recovery(name))?.status?.phase ?? '';
    return ['Succeeded', 'Failed', 'Cancelled', 'Planned'].includes(phase);
  }, withinMs);
}

export async function endingOf(world: World, name: string): Promise<Ending> {
  let status: Awaited<ReturnType<World['recovery']>>;
  await world.run(async () => {
    status = await world.recovery(name);
  });
  const verdict = world.lab.verdict();
  const acts = verdict.harmfulEffects;
  return {
    phase: status?.status?.phase ?? 'none',
    results: Object.fromEntries(
      (status?.status?.items ?? []).map((machine) => [machine.name, machine.state]),
    ),
    running: Object.fromEntries(
      verdict.virtualMachines.map(({ name: vm, runsOn }) => [
        vm,
        runsOn.filter((host) => host !== lostHost).length + 10 * runsOn.filter(isLost).length,
      ]),
    ),
    harm: acts
      .filter((act) => act.changedAnything)
      .map((act) => `${act.kind} ${act.target}`)
      .toSorted(),
    repeats: acts.filter((act) => !act.changedAnything).map((act) => `${act.kind} ${act.target}`),
    violations: verdict.violations.map((violation) => violation.sentence),
  };
}

function isLost(host: string): boolean {
  return host === lostHost;
}

/** A request of the operator that changes something: a pool, a machine, or the API server's records. */
export interface Point {
  readonly kind: 'effect' | 'record' | 'write';
  /** `to label #nth`, the same in each run up to the first fault. */
  readonly key: string;
  readonly to: string;
  readonly label: string;
  readonly nth: number;
}

export function keyOf(request: OutgoingRequest): string {
  return `${request.to} ${request.label} #${request.nth}`;
}

/**
 * What kind of change a request is; undefined when it only reads. Everything that is not known to read counts as an
 * effect, so that a new call is enumerated before anybody thinks of it.
 */
export function changeOf(request: OutgoingRequest): Point['kind'] | undefined {
  const { label } = request;
  if (label.startsWith('XAPI ')) return readsXapi.test(label.slice('XAPI '.length)) ? undefined : 'effect';
  if (label.startsWith('GET ')) return undefined;
  if (label.includes('/redfish/')) return label.includes('/SessionService/Sessions') ? undefined : 'effect';
  return label.includes('/recoveryrequests/') ? 'record' : 'write';
}

/** Sessions and the operator's own finished tasks are the only things that these create or remove. */
const readsXapi =
  /^(?:[\w]+\.get_\w+|event\.from|session\.(?:login_with_password|logout|slave_local_login_with_password|local_logout)|task\.destroy|VM\.assert_can_boot_here|host\.compute_free_memory)$/;

/** What is wrong with the world beside the lost member, from before it is lost. */
export type Scenario = (world: World) => void;

export const withoutMore: Scenario = () => {};
/** The hook that should unlock the disks never works, so that each lock has to be removed by itself. */
export const hookAlwaysFails: Scenario = (world) => {
  world.lab.steer.addFault({ method: 'host.declare_dead', effect: { kind: 'hookFails' } });
};

/** Every change that the operator makes in a run without faults, in order, and how that run ends. */
export async function cleanRun(
  scenario: Scenario = withoutMore,
): Promise<{ readonly points: readonly Point[]; readonly ending: Ending }> {
  const points: Point[] = [];
  const world = smallWorld({
    interpose: (request) => {
      const kind = request.from === 'operator' ? changeOf(request) : undefined;
      if (kind !== undefined) {
        const { to, label, nth } = request;
        points.push({ kind, key: keyOf(request), to, label, nth });
      }
      return 'deliver';
    },
  });
  world.startOperator();
  await world.applyAndSettle();
  scenario(world);
  const ending = await releaseLostHost(world);
  return { points: [...points], ending };
}
