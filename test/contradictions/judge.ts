/**
 * Was this act safe in the instant in which it took place? The physical world is asked, and then what the operator could
 * have observed: a false word in force that nothing contradicted, or a controller that lied without being caught, explains
 * an act that was not safe. What the operator recorded is not asked.
 */
import type { HarmfulEffect } from '../../src/lab/lab.ts';
import type { History } from './history.ts';
import type { HostSeen, Observer, Request, Word } from './observer.ts';
import { whyNotItself } from './whoIsIt.ts';

/** How long something must have lasted to count as observable by whoever looks as often as the operator says it does. */
const observableMs = 60_000;
/** A controller is read every fifteen minutes where nothing is asked for. */
const settledReadingMs = 16 * 60_000;
/** What an act rests on may be this old when the act is sent; and so much later it may take place after that. */
const restsOnMs = 6_000;

export type Judgement =
  | { readonly kind: 'safe' }
  /** Not safe, and nobody could know. */
  | { readonly kind: 'explained'; readonly what: string; readonly by: string }
  | { readonly kind: 'corruption'; readonly what: string; readonly because: string };

export interface Judged {
  readonly effect: HarmfulEffect;
  readonly judgement: Judgement;
  readonly atMs: number;
}

export interface Instant {
  readonly nowMs: number;
  /** When the operator sent it. */
  readonly sentMs: number;
}

/** The operator learns this soon that a request was deleted. */
const noticedMs = 2_000;

const safe: Judgement = { kind: 'safe' };

export function judgeAct(
  effect: HarmfulEffect,
  instant: Instant,
  { observer, history }: { readonly observer: Observer; readonly history: History },
): Judgement {
  const { sentMs } = instant;
  const poweredLongSince = (host: string): boolean => {
    const since = observer.hosts.get(host)?.poweredSinceMs;
    return since !== undefined && since < sentMs - restsOnMs;
  };
  const explained = (host: string, what: string): Judgement => {
    const by = explanation(host, instant, observer, history);
    return by.kind === 'yes'
      ? { kind: 'explained', what, by: by.because }
      : { kind: 'corruption', what, because: by.because };
  };
  switch (effect.kind) {
    case 'forceOff':
      return judgeCut(effect.target, instant, observer);
    case 'declareDead':
      return poweredLongSince(effect.target) ? explained(effect.target, 'declared dead while it runs') : safe;
    case 'start': {
      const elsewhere = [...(observer.runs.get(effect.target) ?? [])].find(
        ([host, sinceMs]) => host !== effect.onHost && sinceMs < sentMs - restsOnMs,
      );
      if (elsewhere === undefined) return safe;
      const [host] = elsewhere;
      return explained(host, 'started while it runs elsewhere');
    }
    case 'lockRemoved': {
      const holder = observer.holderOf(effect.target);
      return holder !== undefined && poweredLongSince(holder)
        ? explained(holder, 'lock removed of a machine that runs')
        : safe;
    }
    default:
      return safe;
  }
}

/** Those that there were, as far as the operator could know, when it sent the act. */
function requestsAt(sentMs: number, observer: Observer): readonly Request[] {
  const deleted = observer.deleted.filter(({ atMs }) => atMs >= sentMs - noticedMs);
  return [...observer.requests.values(), ...deleted.map(({ request }) => request)];
}

function judgeCut(machine: string, { nowMs, sentMs }: Instant, observer: Observer): Judgement {
  const asked = requestsAt(sentMs, observer).filter(
    (request) => request.mode === 'Execute' && request.madeMs <= sentMs,
  );
  if (!asked.some((request) => request.host === machine)) {
    // Whose controller was it thought to be? One that showed that machine's identity, and On, without a contradiction.
    const meant = asked.find(
      (request) =>
        isItself(request.host, sentMs, observer) && !isCaught(observer.hosts.get(request.host), nowMs),
    );
    const what = 'the power of another machine was cut';
    return meant === undefined
      ? {
          kind: 'corruption',
          what,
          because: 'no controller showed the identity of the machine that was meant',
        }
      : { kind: 'explained', what, by: `the controller showed the identity of ${meant.host}` };
  }
  const answersSince = observer.hosts.get(machine)?.answers.since();
  return answersSince !== undefined && sentMs - answersSince > observableMs
    ? {
        kind: 'corruption',
        what: 'the power of a member that answers was cut',
        because: 'it answered all the time',
      }
    : safe;
}

type Explained = { readonly kind: 'yes' | 'no'; readonly because: string };

/** Why somebody could believe that the machine has no power, though it has. */
function explanation(host: string, instant: Instant, observer: Observer, history: History): Explained {
  const against: string[] = [];
  for (const request of requestsAt(instant.sentMs, observer)) {
    if (request.host !== host) continue;
    for (const word of request.words) {
      const why = whyWordDoesNotExplain(word, host, instant.nowMs, observer);
      if (why === undefined) return { kind: 'yes', because: 'a false word that nothing contradicted' };
      against.push(why);
    }
  }
  const why = whyControllerDoesNotExplain(host, instant, observer, history);
  if (why === undefined) return { kind: 'yes', because: 'a controller that lied without being caught' };
  return { kind: 'no', because: [...against, why].join('; ') };
}

function whyWordDoesNotExplain(
  word: Word,
  host: string,
  nowMs: number,
  observer: Observer,
): string | undefined {
  if (word.about !== host) return 'the word is about another machine';
  const { rungs } = observer.declared(host);
  if (rungs === 'redfish' || rungs === 'none') return 'no word was to count';
  const jumpMs = observer.operatorWallJumpMs();
  const inForce = [nowMs, nowMs + jumpMs].some(
    (atMs) => word.datedMs <= atMs + restsOnMs && atMs - restsOnMs < word.untilMs,
  );
  if (!inForce) return 'the word was not in force';
  const seen = observer.hosts.get(host);
  const between = { fromMs: word.datedMs, toMs: nowMs };
  if (seen?.answers.held(observableMs, between) === true) return 'the machine was heard of after the word';
  if (seen?.readsOn.held(observableMs, between) === true) return 'its controller said On after the word';
  return undefined;
}

function whyControllerDoesNotExplain(
  host: string,
  { nowMs, sentMs }: Instant,
  observer: Observer,
  history: History,
): string | undefined {
  const seen = observer.hosts.get(host);
  if (seen?.readsOff.touched({ fromMs: sentMs - restsOnMs, toMs: nowMs }) !== true) {
    return 'its controller does not say Off';
  }
  if (!isItself(host, sentMs, observer))
    return whyNotItself(host, observer, history) ?? 'its identity was contradicted';
  if (isCaught(seen, nowMs)) return 'its controller had been caught saying Off while the machine answered';
  // Nothing may rest on a cut before every other member has answered after it.
  if (seen?.wronglyCut !== undefined) {
    return `the cut through its controller took the power of ${seen.wronglyCut.machine}, which fell silent`;
  }
  return undefined;
}

/** Nothing that was shown of it was contradicted when that was last read before an act was sent. */
function isItself(host: string, sentMs: number, observer: Observer): boolean {
  return observer.hosts.get(host)?.itself.touched({ fromMs: sentMs - restsOnMs, toMs: sentMs }) === true;
}

function isCaught(seen: HostSeen | undefined, nowMs: number): boolean {
  if (seen === undefined) return false;
  const between = { fromMs: seen.trustedMs, toMs: nowMs };
  return (
    seen.caughtInRequest.held(observableMs, between) ||
    seen.caughtAtOnce.held(2 * observableMs, between) ||
    seen.caught.held(settledReadingMs, between)
  );
}
