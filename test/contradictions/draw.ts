/**
 * Draws a history from a seed: first what is lost and what is asked for, then each kind of contradiction by itself, with
 * chance of its own. A history has some of the kinds and not the others, since a mixture of everything gets nowhere.
 */
import { type Chance, chanceOf } from './chance.ts';
import { drawCourse } from './drawCourse.ts';
import { drawIdentities, type Identities } from './drawIdentities.ts';
import { drawNumbers, drawTransplants } from './drawNumbers.ts';
import type { History, HistoryEvent, ServerState } from './history.ts';

/** How often each kind of contradiction is in a history. */
export interface Profile {
  readonly identity: number;
  /** Controllers that sit on another machine and show all that is expected of them. */
  readonly transplants: number;
  readonly controllers: number;
  readonly words: number;
  readonly absences: number;
  readonly reach: number;
  readonly power: number;
  readonly clocks: number;
  readonly byHand: number;
  readonly declarations: number;
  readonly faults: number;
  readonly requests: number;
  readonly moving: number;
  readonly media: number;
  /** Board serials and system UUIDs. */
  readonly numbers: number;
  /** Controllers that are exchanged while the pool runs. */
  readonly exchanges: number;
  /** What people say of controllers that were caught. */
  readonly checks: number;
  /** A second member that is made master. */
  readonly masters: number;
  /** Requests and Hosts that are deleted and made anew, with what was known of them. */
  readonly forgetting: number;
}

export const everything: Profile = {
  identity: 0.3,
  transplants: 0.04,
  controllers: 0.35,
  words: 0.4,
  absences: 0.3,
  reach: 0.35,
  power: 0.3,
  clocks: 0.15,
  byHand: 0.2,
  declarations: 0.15,
  faults: 0.25,
  requests: 0.2,
  moving: 0.2,
  media: 0.2,
  numbers: 0.2,
  exchanges: 0.12,
  checks: 0.12,
  masters: 0.1,
  forgetting: 0.15,
};

/** What every part of a draw knows. */
export interface Frame {
  readonly seed: number;
  readonly members: number;
  readonly machines: number;
  /** The member that the history is about. */
  readonly target: string;
  readonly lostAt: number;
  readonly askedAt: number;
  readonly profile: Profile;
  has(kind: keyof Profile): boolean;
  chance(aspect: string): Chance;
  otherHost(chance: Chance): string;
}

export const requestName = 'release';

export function draw(seed: number, profile: Profile = everything): History {
  const chance = chanceOf(seed, 'frame');
  const members = chance.in(0.6) ? 3 : 4;
  const virtualServers = chance.whole(members, 8);
  const localVirtualServers = chance.in(0.3) ? 1 : 0;
  const target = `host-${chance.in(0.04) ? 1 : chance.whole(2, members)}`;
  const lostAt = chance.in(0.75) ? chance.whole(5, 90) : chance.whole(120, 240);
  const askedAt = drawAskedAt(chance, lostAt);
  const kinds = new Map(
    Object.entries(profile).map(([kind, probability]) => [
      kind,
      chanceOf(seed, `has ${kind}`).in(probability),
    ]),
  );
  const frame: Frame = {
    seed,
    members,
    machines: virtualServers + localVirtualServers,
    target,
    lostAt,
    askedAt,
    profile,
    has: (kind) => kinds.get(kind) === true,
    chance: (aspect) => chanceOf(seed, aspect),
    otherHost: (own) => {
      const others = Array.from({ length: members }, (_, index) => `host-${index + 1}`);
      return own.of(others.filter((host) => host !== target));
    },
  };
  const identities = identitiesOf(frame);
  return {
    seed,
    members,
    virtualServers,
    localVirtualServers,
    ...(frame.has('media') ? { sharedStorage: 2 } : {}),
    ...(chance.in(0.12) ? { slowMaster: true as const } : {}),
    version: chance.in(0.3) ? '8.2' : '8.3',
    ...(chance.in(0.4) ? { habits: drawHabits(chance) } : {}),
    memberTimeoutSeconds: chance.in(0.85) ? 10 : 60,
    ...(chanceOf(seed, 'limits').in(0.2) ? { failedMembers: 2 } : {}),
    ...identities,
    servers: drawServers(frame),
    events: tidied(
      drawCourse(
        frame,
        identities.outsiders.map((each) => each.name),
      ),
    ),
  };
}

function identitiesOf(frame: Frame): Identities {
  if (frame.has('transplants')) return drawTransplants(frame);
  const drawn = frame.has('identity') ? drawIdentities(frame) : { machines: [], outsiders: [], hosts: [] };
  return frame.has('numbers') ? drawNumbers(frame, drawn) : drawn;
}

/** Mostly soon after the loss; sometimes before it, or long after. */
function drawAskedAt(chance: Chance, lostAt: number): number {
  return chance.weighed([
    [70, lostAt + chance.whole(1, 60)],
    [12, Math.max(3, lostAt - chance.whole(1, 60))],
    [13, lostAt + chance.whole(60, 300)],
    [3, lostAt + chance.whole(650, 900)],
  ]);
}

function drawHabits(chance: Chance): NonNullable<History['habits']> {
  return {
    liveReturnsWith: chance.of(['heartbeat', 'hello']),
    enabledReturnsWith: chance.of(['heartbeat', 'hello']),
    storageLocks: chance.in(0.7) ? 'kept' : 'none',
    powerOffLooks: chance.of(['silent', 'refused']),
    forceOffWhenOff: chance.of(['conflict', 'noContent']),
    whilePoweringOff: chance.of(['PoweringOff', 'On']),
  };
}

function drawServers({ machines, chance }: Frame): Readonly<Record<string, ServerState>> {
  const own = chance('servers');
  const states: Record<string, ServerState> = {};
  if (!own.in(0.2)) return states;
  states[String(own.whole(0, machines - 1))] = own.of(['Halted', 'Unmanaged']);
  return states;
}

/** In the order of time, as people would tell them; what waits for a moment of the operator comes last. */
function tidied(events: readonly HistoryEvent[]): readonly HistoryEvent[] {
  const timed = events.flatMap((event) => ('at' in event ? [event] : []));
  const triggered = events.filter((event) => !('at' in event));
  return [...timed.toSorted((left, right) => left.at - right.at), ...triggered];
}
