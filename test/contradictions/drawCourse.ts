/** What happens in a history, and when. */
import type { BmcBehaviour, Fault, FaultEffect } from '../../src/lab/lab.ts';
import type { Chance } from './chance.ts';
import { type Frame, requestName } from './draw.ts';
import type { Deed, HistoryEvent, Strike } from './history.ts';

type Add = (at: number, deed: Deed) => void;
type Parts = Frame & { readonly add: Add; readonly trigger: (on: string, nth: number, deed: Deed) => void };

/** What the operator sends when it acts, or is about to. */
const moments = ['ComputerSystem.Reset', 'host.declare_dead', 'VM.start_on', 'VDI.remove_from_sm_config'];

export function drawCourse(frame: Frame, outsiders: readonly string[]): readonly HistoryEvent[] {
  const events: HistoryEvent[] = [];
  const parts: Parts = {
    ...frame,
    // What holds from the start has the moment 0.
    add: (at, deed) => events.push({ at: at === 0 ? 0 : Math.max(1, Math.round(at)), ...deed }),
    trigger: (on, nth, deed) => events.push({ on, nth, ...deed }),
  };
  lose(parts);
  ask(parts);
  if (frame.has('controllers')) controllers(parts);
  if (frame.has('words')) words(parts);
  if (frame.has('absences')) absences(parts);
  if (frame.has('reach')) reach(parts);
  if (frame.has('power')) power(parts, outsiders);
  if (frame.has('clocks')) clocks(parts);
  if (frame.has('byHand')) byHand(parts);
  if (frame.has('declarations')) declarations(parts);
  if (frame.has('faults')) faults(parts);
  if (frame.has('moving')) moving(parts);
  if (frame.has('media')) media(parts);
  return events;
}

function lose({ target, lostAt, add, chance: chanceFor }: Parts): void {
  const chance = chanceFor('loss');
  const cut = (a: string, at: number): void => add(at, { do: 'cut', a: target, b: a, kind: 'management' });
  switch (
    chance.weighed([
      [34, 'cutOff'],
      [22, 'unplugged'],
      [10, 'toolstack'],
      [26, 'byAndBy'],
      [6, 'storage'],
      [4, 'nothing'],
    ])
  ) {
    case 'cutOff':
      cut('everyone', lostAt);
      break;
    case 'unplugged':
      add(lostAt, { do: 'unplug', machine: target });
      break;
    case 'toolstack':
      add(lostAt, { do: 'toolstack', host: target, is: 'crash' });
      break;
    case 'byAndBy': {
      // The operator first, and some time later the rest; or the other way about.
      const later = lostAt + chance.of([chance.span(5, 300), chance.whole(60, 300)]);
      cut('operator', chance.in(0.7) ? lostAt : later);
      cut('everyone', chance.in(0.7) ? later : lostAt);
      break;
    }
    case 'storage':
      cut('everyone', lostAt);
      add(lostAt + chance.whole(-20, 60), { do: 'cut', a: target, b: 'storage', kind: 'storage' });
      break;
    default:
      break;
  }
}

function ask({ target, askedAt, add, has, otherHost, chance: chanceFor }: Parts): void {
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

function controllers({ target, lostAt, add, trigger, otherHost, chance: chanceFor }: Parts): void {
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

/** Right and wrong, early, late, repeated, dated wrong; about whom the request is, mostly. */
function words({ target, askedAt, add, otherHost, chance: chanceFor }: Parts): void {
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

function absences({ lostAt, askedAt, add, trigger, chance: chanceFor }: Parts): void {
  const chance = chanceFor('absences');
  for (let more = chance.whole(1, 2); more > 0; more--) {
    const at = chance.of([lostAt, askedAt, askedAt + chance.whole(0, 300)]) + chance.span(-40, 300);
    const crash: Strike = chance.of(['crashBefore', 'crashAfter']);
    if (chance.in(0.35)) {
      trigger(chance.of([...moments, '/recoveryrequests/']), chance.whole(1, 3), {
        do: 'strike',
        how: crash,
      });
      continue;
    }
    add(at, { do: 'operator', is: 'killed' });
    add(
      at +
        chance.weighed([
          [6, chance.span(1, 60)],
          [3, chance.span(60, 400)],
          [1, chance.span(600, 3600)],
        ]),
      {
        do: 'operator',
        is: 'started',
      },
    );
  }
}

function reach({ target, lostAt, askedAt, add, trigger, otherHost, chance: chanceFor }: Parts): void {
  const chance = chanceFor('reach');
  for (let more = chance.whole(1, 3); more > 0; more--) {
    const at = chance.of([lostAt, askedAt]) + chance.span(-60, 300);
    const lasts = chance.span(5, 300);
    const pair = chance.weighed<readonly [string, string]>([
      [4, [target, 'everyone']],
      [4, [target, 'operator']],
      [3, [target, 'host-1']],
      [3, ['operator', `bmc-${target.slice('host-'.length)}`]],
      [2, ['operator', 'host-1']],
      [2, ['operator', otherHost(chance)]],
      [1, ['operator', 'everyone']],
    ]);
    const [a, b] = pair[0] === pair[1] ? (['operator', target] as const) : pair;
    const link = { a, b, kind: 'management' } as const;
    if (chance.in(0.5)) {
      // What was cut is whole for a while.
      if (chance.in(0.2)) trigger(chance.of(moments), 1, { do: 'mend', ...link });
      else add(at, { do: 'mend', ...link });
      if (chance.in(0.7)) add(at + lasts, { do: 'cut', ...link });
    } else {
      add(at, { do: 'cut', ...link });
      if (chance.in(0.7)) add(at + lasts, { do: 'mend', ...link });
    }
  }
  if (chance.in(0.15)) {
    const host = chance.in(0.5) ? target : otherHost(chance);
    const at = lostAt + chance.span(-30, 200);
    add(at, { do: 'cut', a: host, b: 'storage', kind: 'storage' });
    if (chance.in(0.6)) add(at + chance.span(5, 200), { do: 'mend', a: host, b: 'storage', kind: 'storage' });
  }
}

function power(
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

function clocks({ lostAt, add, chance: chanceFor }: Parts): void {
  const chance = chanceFor('clocks');
  for (let more = chance.whole(1, 2); more > 0; more--) {
    const bySeconds = chance.span(5, 7200) * (chance.in(0.5) ? 1 : -1);
    const of = chance.in(0.6) ? 'operator' : chance.of(['host-1', 'host-2']);
    add(lostAt + chance.span(-60, 300), { do: 'clock', of, bySeconds });
  }
}

function byHand({ target, lostAt, add, otherHost, chance: chanceFor }: Parts): void {
  const chance = chanceFor('byHand');
  for (let more = chance.whole(1, 2); more > 0; more--) {
    add(lostAt + chance.span(1, 300), {
      do: 'byHand',
      call: chance.of(['declareDead', 'resetPowerState', 'resetPowerState', 'shutDown']),
      host: chance.in(0.8) ? target : otherHost(chance),
    });
  }
}

function declarations({ target, askedAt, machines, add, otherHost, chance: chanceFor }: Parts): void {
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

/** Live migrations that had begun: away from the member that is lost, to it, or between others. */
function moving({ target, lostAt, machines, members, add, otherHost, chance: chanceFor }: Parts): void {
  const chance = chanceFor('moving');
  for (let more = chance.whole(1, 2); more > 0; more--) {
    // The lab spreads its machines over the hosts in turn.
    const index = chance.in(0.75) ? Number(target.slice('host-'.length)) - 1 : chance.whole(0, machines - 1);
    const place = index + (chance.in(0.4) && index + members < machines ? members : 0);
    const at = chance.in(0.7) ? lostAt - chance.span(1, 60) : lostAt + chance.span(0, 200);
    add(at, {
      do: 'migrate',
      index: place,
      to: chance.in(0.8) ? otherHost(chance) : target,
      stopsWhen: chance.of(['sourceRuns', 'bothEnds', 'targetRuns']),
    });
    if (chance.in(0.4)) {
      add(at + chance.span(1, 300), {
        do: 'endMigration',
        index: place,
        how: chance.of(['completes', 'fails']),
      });
    }
  }
}

function media({ target, lostAt, machines, add, otherHost, chance: chanceFor }: Parts): void {
  const chance = chanceFor('media');
  for (let more = chance.whole(1, 2); more > 0; more--) {
    const at = Math.max(1, lostAt - chance.span(1, 80));
    switch (chance.whole(0, 3)) {
      case 0:
      case 1:
        add(at, {
          do: 'media',
          index: chance.in(0.7) ? Number(target.slice('host-'.length)) - 1 : chance.whole(0, machines - 1),
          from: chance.of(['isoLibrary', 'hostDrive']),
        });
        break;
      case 2:
        add(at, {
          do: 'unplugStorage',
          storage: chance.of(['iso-library', 'shared-nfs-2']),
          host: otherHost(chance),
        });
        break;
      default:
        add(at, {
          do: 'statistics',
          host: chance.in(0.8) ? otherHost(chance) : target,
          state: chance.of(['down', 'neverUp']),
        });
    }
  }
}

function faults({ lostAt, askedAt, add, trigger, chance: chanceFor }: Parts): void {
  const chance = chanceFor('faults');
  for (let more = chance.whole(1, 3); more > 0; more--) {
    if (chance.in(0.45)) {
      const how = chance.of<Strike>(['replyLost', 'replyReset', 'requestLost', 'late']);
      trigger(chance.of([...moments, '/recoveryrequests/']), chance.whole(1, 2), {
        do: 'strike',
        how,
      });
    } else if (chance.in(0.25)) {
      add(chance.of([lostAt, askedAt]) + chance.span(-60, 200), {
        do: 'toolstack',
        host: chance.of(['host-1', 'host-2']),
        is: 'restart',
      });
    } else add(lostAt + chance.span(-20, 100), { do: 'fault', fault: fault(chance) });
  }
}

function fault(chance: Chance): Fault {
  const method = chance.of([
    'host.declare_dead',
    'VM.start_on',
    'VDI.remove_from_sm_config',
    'redfish.reset',
  ]);
  const effect = chance.of<FaultEffect>([
    { kind: 'slow', delayMs: chance.span(1_000, 60_000) },
    { kind: 'lostReply' },
    { kind: 'refused' },
    { kind: 'saysFailed', code: 'INTERNAL_ERROR' },
    { kind: 'saysDone' },
    { kind: 'html' },
    method === 'host.declare_dead'
      ? { kind: 'hookFails' }
      : { kind: 'domainFails', lock: chance.of(['kept', 'released']) },
  ]);
  return { method, ...(chance.in(0.6) ? { nth: 1 } : {}), effect };
}
