/** What people ask for, state, declare and do by hand. */
import type { BmcBehaviour } from '../../src/lab/lab.ts';
import type { Parts } from './course.ts';
import { requestName } from './draw.ts';

export function ask({ target, askedAt, add, has, otherHost, chance: chanceFor }: Parts): void {
  const chance = chanceFor('requests');
  const mode = chance.in(0.97) ? 'Execute' : 'Plan';
  add(askedAt, { do: 'request', name: requestName, host: target, mode });
  if (!has('requests')) return;
  for (let more = chance.whole(1, 2); more > 0; more--) {
    const at = askedAt + chance.span(1, 300);
    switch (chance.whole(0, 4)) {
      case 0:
        add(at, { do: 'deleteRequest', name: requestName });
        add(at + chance.span(1, 300), { do: 'request', name: requestName, host: target, mode: 'Execute' });
        break;
      case 1:
        add(at, { do: 'request', name: 'again', host: target, mode: 'Execute' });
        break;
      case 2:
        add(at, { do: 'request', name: 'other', host: otherHost(chance), mode: 'Execute' });
        break;
      case 3:
        add(at, { do: 'cancel', name: requestName });
        if (chance.in(0.6))
          add(at + chance.span(1, 200), { do: 'request', name: 'again', host: target, mode: 'Execute' });
        break;
      default:
        add(Math.max(1, askedAt - chance.whole(1, 60)), {
          do: 'request',
          name: 'again',
          host: target,
          mode: 'Execute',
        });
    }
  }
}

/** Right and wrong, early, late, repeated, dated wrong; about whom the request is, mostly. */
export function words({ target, askedAt, add, otherHost, chance: chanceFor }: Parts): void {
  const chance = chanceFor('words');
  const first = askedAt + chance.span(1, 300);
  // Without a controller that can be read, a word is what decides.
  const unreadable = [chance.of<BmcBehaviour>(['hangs', 'hangs', 'refusesPassword', 'losesPowerWithHost'])];
  const controller = (at: number, is: readonly BmcBehaviour[]): void =>
    add(at, { do: 'controller', host: target, is });
  switch (
    chance.weighed([
      [4, 'neverRead'],
      [3, 'readBefore'],
      [4, 'readAfter'],
      [3, 'readable'],
    ])
  ) {
    case 'neverRead':
      controller(0, unreadable);
      break;
    case 'readBefore':
      controller(first - chance.whole(1, 120), unreadable);
      break;
    case 'readAfter':
      // It can be read and cannot cut, and later it cannot be read either.
      controller(0, [
        chance.of<BmcBehaviour>(['ignoresReset', 'saysAlwaysOn', 'mayOnlyRead', 'offersNoForceOff']),
      ]);
      controller(first + chance.span(20, 250), unreadable);
      break;
    default:
      break;
  }
  for (
    let more = chance.weighed([
      [6, 1],
      [3, 2],
      [1, 3],
    ]);
    more > 0;
    more--
  ) {
    const at = Math.max(
      askedAt + 1,
      first +
        chance.weighed([
          [3, 0],
          [1, chance.span(-200, 0)],
          [1, chance.span(1, 300)],
        ]),
    );
    if (chance.in(0.25)) add(at - chance.whole(1, 20), { do: 'unplug', machine: target });
    add(at, {
      do: 'word',
      request: requestName,
      about: chance.in(0.93) ? target : otherHost(chance),
      dated: chance.weighed([
        [6, 0],
        [3, -chance.span(1, 900)],
        [1, chance.span(1, 300)],
      ]),
      validFor: chance.weighed([
        [5, 3600],
        [3, 600],
        [2, 60],
      ]),
    });
  }
}

export function byHand({ target, lostAt, add, otherHost, chance: chanceFor }: Parts): void {
  const chance = chanceFor('byHand');
  for (let more = chance.whole(1, 2); more > 0; more--) {
    add(lostAt + chance.span(1, 300), {
      do: 'byHand',
      call: chance.of(['declareDead', 'resetPowerState', 'resetPowerState', 'shutDown']),
      host: chance.in(0.8) ? target : otherHost(chance),
    });
  }
}

export function declarations({ target, askedAt, machines, add, otherHost, chance: chanceFor }: Parts): void {
  const chance = chanceFor('declarations');
  const at = askedAt + chance.span(-60, 300);
  const back = at + chance.span(10, 300);
  switch (chance.whole(0, 5)) {
    case 0:
      add(at, { do: 'declareServer', index: chance.whole(0, machines - 1), is: 'Halted' });
      break;
    case 1:
      add(at, { do: 'declareHost', host: chance.in(0.5) ? target : otherHost(chance), is: 'Maintenance' });
      if (chance.in(0.6)) add(back, { do: 'declareHost', host: target, is: 'InService' });
      break;
    case 2:
      add(at, { do: 'pool', is: chance.of(['paused', 'highAvailability']) });
      add(back, { do: 'pool', is: 'resumed' });
      add(back, { do: 'pool', is: 'noHighAvailability' });
      break;
    case 3:
      add(at, { do: 'removeHost', host: target });
      if (chance.in(0.8)) add(back, { do: 'addHost', host: target });
      break;
    case 4:
      add(at, { do: 'removeHost', host: otherHost(chance) });
      break;
    default:
      add(at, { do: 'declareSerial', host: target, serial: chance.of(['SN-9', 'SN-1', '0123456789']) });
      if (chance.in(0.6))
        add(back, { do: 'declareSerial', host: target, serial: `SN-${target.slice('host-'.length)}` });
  }
}

/** Somebody says that a controller was dealt with, whether or not it was. */
export function checks({ target, lostAt, askedAt, add, otherHost, chance: chanceFor }: Parts): void {
  const chance = chanceFor('checks');
  for (let more = chance.whole(1, 2); more > 0; more--) {
    const host = chance.in(0.85) ? target : otherHost(chance);
    const at = chance.of([lostAt, askedAt]) + chance.span(1, 300);
    if (chance.in(0.4)) add(at, { do: 'controller', host, is: ['honest'] });
    add(at + 1, { do: 'checked', host });
  }
}

/** The objects that hold what was known are deleted and made anew, mostly around a restart, and the same is asked once more. */
export function forgetting({ target, askedAt, add, chance: chanceFor }: Parts): void {
  const chance = chanceFor('forgetting');
  const at = askedAt + chance.of([chance.span(1, 300), chance.whole(150, 500)]);
  if (chance.in(0.7)) {
    add(at, { do: 'operator', is: 'killed' });
    add(at + chance.whole(5, 90), { do: 'operator', is: 'started' });
  }
  if (chance.in(0.7)) add(at + chance.whole(-20, 60), { do: 'deleteRequest', name: requestName });
  if (chance.in(0.6)) {
    const goneAt = at + chance.whole(-20, 60);
    add(goneAt, { do: 'removeHost', host: target });
    add(goneAt + chance.whole(1, 60), { do: 'addHost', host: target });
  }
  const anewAt = at + chance.whole(60, 300);
  add(anewAt, { do: 'request', name: 'anew', host: target, mode: 'Execute' });
  if (chance.in(0.4)) {
    const wordAt = anewAt + chance.span(1, 120);
    // The same word as before, as often as a new one.
    const dated = chance.in(0.5) ? 0 : -chance.whole(1, 400);
    add(wordAt, { do: 'word', request: 'anew', about: target, dated, validFor: 3600 });
  }
}
