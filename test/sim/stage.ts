/** Words for scenarios: what is done to the world, and what is seen of it. */
import type { Interpose } from '../../src/simulation/faults.ts';
import { lostHost, requestName, smallWorld } from './release.ts';
import { namespace, type World, type WorldOptions } from './world.ts';

/** What is seen of a request. */
export interface Sight {
  readonly phase: string;
  /** The sentence of Ready. */
  readonly says: string;
  readonly stalled: string;
  readonly fenced: string;
  /** `effect outcome` of each entry of the journal. */
  readonly journal: readonly string[];
  /** `name state` of each virtual machine of the plan. */
  readonly machines: readonly string[];
  readonly planHash: string;
}

/** A world that has settled, with an operator. */
export async function settled(options: WorldOptions = {}): Promise<World> {
  const world = smallWorld(options);
  world.startOperator();
  await world.applyAndSettle();
  return world;
}

/** Cuts the member off while its virtual machines go on writing, and asks for its release. */
export async function lose(world: World): Promise<void> {
  world.lab.steer.partition(lostHost, 'everyone', 'management');
  await world.request(requestName, lostHost);
}

export async function look(world: World, name = requestName): Promise<Sight> {
  let request: Awaited<ReturnType<World['recovery']>>;
  await world.run(async () => {
    request = await world.recovery(name);
  });
  const status = request?.status;
  const condition = (type: string): string => {
    const found = status?.conditions?.find((one) => one.type === type);
    return found === undefined ? '' : `${found.status}: ${found.message}`;
  };
  return {
    phase: status?.phase ?? 'none',
    says: condition('Ready'),
    stalled: condition('Stalled'),
    fenced: condition('Fenced'),
    journal: (status?.journal ?? []).map((entry) => `${entry.act} ${entry.outcome}`),
    machines: (status?.items ?? []).map((machine) => `${machine.name} ${machine.state}`),
    planHash: status?.plan?.hash ?? '',
  };
}

/** Every harmful act that changed the world, in order. */
export function harm(world: World): readonly string[] {
  return world.lab
    .verdict()
    .harmfulEffects.filter((act) => act.changedAnything)
    .map((act) => `${act.kind} ${act.target}`);
}

export function violations(world: World): readonly string[] {
  return world.lab.verdict().violations.map((violation) => violation.sentence);
}

export async function untilPhase(world: World, phase: string, withinMs = 20 * 60_000): Promise<Sight> {
  await world.until(async () => (await world.recovery(requestName))?.status?.phase === phase, withinMs);
  return await look(world);
}

/** Waits until the request says something, and shows what it says in the end. */
export async function untilSays(world: World, words: RegExp, withinMs = 20 * 60_000): Promise<Sight> {
  await world.until(async () => {
    const status = (await world.recovery(requestName))?.status;
    return words.test(status?.conditions?.find((one) => one.type === 'Ready')?.message ?? '');
  }, withinMs);
  return await look(world);
}

/** Lets time pass until the world shows it; false when it did not come. */
export async function untilSeen(world: World, seen: () => boolean, withinMs = 20 * 60_000): Promise<boolean> {
  return await world.until(async () => seen(), withinMs);
}

/** Does something once, at the moment when the operator sends the first request whose label contains the words. */
export function whenSent(words: string, run: () => void): Interpose {
  let done = false;
  return (request) => {
    if (!done && request.from === 'operator' && request.label.includes(words)) {
      done = true;
      run();
    }
    return 'deliver';
  };
}

/** A person's word about the lost member, dated now. */
export function attestation(
  world: World,
  change: { readonly hostUUID?: string; readonly atMs?: number; readonly validForSeconds?: number } = {},
): object {
  const { hostUUID = '', atMs = 0, validForSeconds = 600 } = change;
  const member = world.lab.document.members.find((each) => each.name === lostHost);
  return {
    statement: 'I pulled both plugs.',
    hostUUID: hostUUID === '' ? member?.hostUUID : hostUUID,
    by: 'Ada',
    at: new Date(world.lab.wallMs() + atMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    validForSeconds,
  };
}

export async function attest(world: World, change?: Parameters<typeof attestation>[1]): Promise<void> {
  const refused = await world.patch('RecoveryRequest', requestName, {
    spec: { attestations: [attestation(world, change)] },
  });
  if (refused !== undefined) throw new Error(refused);
}

export { namespace };
