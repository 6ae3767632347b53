/** What controllers do, and what happens to the power that they read and cut. */
import type { BmcBehaviour } from '../../src/lab/lab.ts';
import { moments, type Parts } from './course.ts';
import { systemUUIDOf } from './drawNumbers.ts';
import type { Deed } from './history.ts';

const behaviours: readonly (readonly [number, BmcBehaviour])[] = [
  [4, 'saysAlwaysOff'],
  [1, 'saysAlwaysOn'],
  [2, 'ignoresReset'],
  [3, 'hangs'],
  [1, 'losesPowerWithHost'],
  [2, 'refusesPassword'],
  [1, 'anotherSerial'],
  [3, 'honest'],
];

/** What real ones do beside it. */
const quirks: readonly BmcBehaviour[] = [
  'answersAfterMs=2500',
  'answersAfterMs=4300',
  'busyTimes=4',
  'goesOffAfterMs=45000',
  'powerStateNull',
  'mayOnlyRead',
  'offersNoForceOff',
  'noSessionLeft',
  'redirects',
  'dropsConnectionAtReset',
  'answersWithTask',
  'endedSessionIs=401Endless',
  'endedSessionIs=loginPage',
];

export function controllers({ target, lostAt, add, trigger, otherHost, chance: chanceFor }: Parts): void {
  const chance = chanceFor('controllers');
  for (let more = chance.whole(1, 3); more > 0; more--) {
    const host = chance.in(0.85) ? target : otherHost(chance);
    const is = [chance.weighed(behaviours), ...(chance.in(0.25) ? [chance.of(quirks)] : [])];
    if (chance.in(0.15)) trigger(chance.of(moments), 1, { do: 'controller', host, is });
    else add(chance.in(0.35) ? 0 : lostAt + chance.span(-80, 300), { do: 'controller', host, is });
    if (chance.in(0.1)) {
      const shows = chance.of([{}, { serial: 'SN-NEW' }, { serial: '' }]);
      add(lostAt + chance.span(-60, 300), { do: 'shows', host, shows });
    }
  }
}

export function power(
  { target, lostAt, askedAt, add, trigger, otherHost, chance: chanceFor }: Parts,
  outsiders: readonly string[],
): void {
  const chance = chanceFor('power');
  for (let more = chance.whole(1, 2); more > 0; more--) {
    const machine = chance.weighed([
      [7, target],
      [1, otherHost(chance)],
      [outsiders.length * 2, outsiders[0] ?? target],
    ]);
    const deed: Deed = { do: chance.of(['press', 'press', 'plug', 'unplug']), machine };
    if (chance.in(0.35)) trigger(chance.of(moments), 1, deed);
    else add(chance.of([lostAt, askedAt]) + chance.span(-40, 300), deed);
  }
}

/** Boards and cables that are changed while the pool runs: the controller at the declared address is then another one. */
export function exchanges(
  { target, lostAt, askedAt, add, trigger, otherHost, chance: chanceFor }: Parts,
  outsiders: readonly string[],
): void {
  const chance = chanceFor('exchanges');
  const host = chance.in(0.8) ? target : otherHost(chance);
  const to = chance.weighed([
    [4, otherHost(chance)],
    [outsiders.length * 3, outsiders[0] ?? host],
  ]);
  const at = chance.of([lostAt, askedAt]) + chance.span(-60, 300);
  // A new board is often written with the numbers of the machine that it is meant for.
  if (chance.in(0.3)) {
    const number = host.slice('host-'.length);
    add(at - 1, { do: 'shows', host, shows: { serial: `SN-${number}`, systemUUID: systemUUIDOf(host) } });
  }
  if (chance.in(0.15)) trigger(chance.of(moments), 1, { do: 'cable', host, to });
  else add(at, { do: 'cable', host, to });
  if (chance.in(0.4)) add(at + chance.span(5, 300), { do: 'cable', host, to: host });
}
