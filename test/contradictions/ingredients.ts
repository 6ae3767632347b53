/**
 * What a history has to have in it before one kind of mend can matter to it. Draws without it are passed over, since playing
 * one takes thousands of times as long as drawing it; everything else in a draw stays as chance had it.
 */

import { requestName } from './draw.ts';
import type { Deed, History, HistoryEvent } from './history.ts';

type At<D extends Deed['do']> = HistoryEvent & { readonly do: D; readonly at: number };

function timed<D extends Deed['do']>(history: History, deed: D): readonly At<D>[] {
  return history.events.filter((event): event is At<D> => 'at' in event && event.do === deed);
}

export function targetOf(history: History): string {
  return timed(history, 'request').find(({ name }) => name === requestName)?.host ?? '';
}

/** When the target is cut off from somebody while it runs on; undefined when it never is. */
function cutOffAt(history: History, from: string): number | undefined {
  return timed(history, 'cut').find(({ a, b }) => a === targetOf(history) && b === from)?.at;
}

function unplugged(history: History): boolean {
  return timed(history, 'unplug').some(({ machine }) => machine === targetOf(history));
}

const unreadable = ['hangs', 'refusesPassword', 'losesPowerWithHost', 'powerStateNull'];

/** It runs on, unheard of. */
export function livesUnheard(history: History): boolean {
  return cutOffAt(history, 'everyone') !== undefined && !unplugged(history);
}

/** The controller shows the serial that is declared, whatever machine it is on. */
function showsWhatIsDeclared(history: History): boolean {
  const number = Number(targetOf(history).slice('host-'.length));
  const { cabledTo = '', controller, serial = `SN-${number}` } = history.machines[number - 1] ?? {};
  const on = Number(cabledTo.slice('host-'.length));
  const shown = controller?.serial ?? history.machines[on - 1]?.serial ?? `SN-${on}`;
  const declared = history.hosts.find(({ host }) => host === targetOf(history));
  return shown === (declared?.serial ?? serial) && declared?.rungs === undefined;
}

/** A spare machine that has power is declared as the controller's own, with its serial. */
export function isOfTheSpare(history: History): boolean {
  const machine = history.machines[Number(targetOf(history).slice('host-'.length)) - 1];
  const spare = history.outsiders.find(({ name }) => name === machine?.cabledTo);
  return livesUnheard(history) && spare?.power === 'on' && showsWhatIsDeclared(history);
}

export function isOfAnotherMember(history: History): boolean {
  const machine = history.machines[Number(targetOf(history).slice('host-'.length)) - 1];
  const another = machine?.cabledTo?.startsWith('host-') === true;
  return livesUnheard(history) && another && showsWhatIsDeclared(history);
}

/** A word, and then a controller that could be read and cannot any more, and then a restart. */
export function wordThenRestart(history: History): boolean {
  const word = timed(history, 'word')[0]?.at ?? Number.POSITIVE_INFINITY;
  const hangs = timed(history, 'controller').find(
    ({ at, host, is }) =>
      host === targetOf(history) && at > word + 5 && is.some((each) => unreadable.includes(each)),
  );
  const kill = timed(history, 'operator').find(({ at, is }) => is === 'killed' && at > (hangs?.at ?? 0) + 2);
  return livesUnheard(history) && hangs !== undefined && kill !== undefined;
}

/** Its controller can be read at no time. */
function readNowhere(history: History): boolean {
  return timed(history, 'controller').some(
    ({ at, host, is }) => at === 0 && host === targetOf(history) && unreadable.includes(is[0] ?? ''),
  );
}

/** A word, and a minute and more later the rest of those who reach the member are cut off from it, too. */
export function wordBeforeTheRest(history: History): boolean {
  const inForce = timed(history, 'word').find(
    ({ dated, validFor }) => dated <= 0 && dated > -60 && validFor > 300,
  );
  const word = inForce?.at ?? Number.POSITIVE_INFINITY;
  const silentController = timed(history, 'controller').every(
    ({ host, is }) => host !== targetOf(history) || unreadable.includes(is[0] ?? ''),
  );
  const fromOperator = cutOffAt(history, 'operator') ?? Number.POSITIVE_INFINITY;
  const fromAll = cutOffAt(history, 'everyone') ?? 0;
  return (
    livesUnheard(history) &&
    silentController &&
    fromOperator < word &&
    fromAll > word + 70 &&
    readNowhere(history)
  );
}

/** Its controller begins to say Off of it after it was seen to say On, while a request has it read and the member answers. */
export function offWhileItAnswers(history: History): boolean {
  const cutAt = cutOffAt(history, 'everyone') ?? 0;
  const askedAt = timed(history, 'request')[0]?.at ?? Number.POSITIVE_INFINITY;
  const lies = timed(history, 'controller').some(
    ({ at, host, is }) =>
      at > 0 &&
      at < cutAt - 5 &&
      askedAt < cutAt - 5 &&
      host === targetOf(history) &&
      is.includes('saysAlwaysOff'),
  );
  return livesUnheard(history) && lies;
}

/** Moved away before the loss. */
export function movedAway(history: History): boolean {
  const lost = cutOffAt(history, 'everyone') ?? timed(history, 'unplug')[0]?.at ?? 0;
  const index = Number(targetOf(history).slice('host-'.length)) - 1;
  return timed(history, 'migrate').some(
    ({ at, index: place, to }) => at < lost && place % history.members === index && to !== targetOf(history),
  );
}
