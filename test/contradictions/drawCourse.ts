/** What happens in a history, and when. */
import { moments, type Parts } from './course.ts';
import type { Frame } from './draw.ts';
import { controllers, exchanges, power } from './drawControllers.ts';
import { ask, byHand, checks, declarations, forgetting, words } from './drawPeople.ts';
import { clocks, faults, masters, media, moving, reach } from './drawPool.ts';
import type { HistoryEvent, Strike } from './history.ts';

export function drawCourse(frame: Frame, outsiders: readonly string[]): readonly HistoryEvent[] {
  const events: HistoryEvent[] = [];
  const parts: Parts = {
    ...frame,
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
  if (frame.has('exchanges')) exchanges(parts, outsiders);
  if (frame.has('checks')) checks(parts);
  if (frame.has('masters')) masters(parts);
  if (frame.has('forgetting')) forgetting(parts);
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
