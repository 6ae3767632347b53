import type { Fault, FaultEffect } from './faults.ts';

const plainEffects = ['lostReply', 'refused', 'saysDone', 'hang', 'html', 'truncated', 'tapFails'] as const;
export const effectKinds = ['slow', 'saysFailed', 'domainFails', 'hookFails', ...plainEffects] as const;

/** A fault as people write it, all of it in words. */
export interface FaultWords {
  readonly effect: string;
  readonly at?: string;
  readonly method?: string;
  readonly nth?: string;
  readonly delayMs?: string;
  readonly code?: string;
  readonly unlocksFirst?: string;
  readonly keepLock?: string;
}

/** Throws a sentence about the first word that is wrong. */
export function faultOf(words: FaultWords): Fault {
  const { at, method, nth } = words;
  return {
    ...(at === undefined ? {} : { at }),
    ...(method === undefined ? {} : { method }),
    ...(nth === undefined ? {} : { nth: count('nth', nth) }),
    effect: effectOf(words),
  };
}

function effectOf({
  effect: kind,
  delayMs = '',
  code = '',
  unlocksFirst = '',
  keepLock,
}: FaultWords): FaultEffect {
  if (kind === 'slow') return { kind, delayMs: count('delay-ms', delayMs) };
  if (kind === 'saysFailed') return { kind, code };
  if (kind === 'domainFails') return { kind, lock: keepLock === undefined ? 'released' : 'kept' };
  if (kind === 'hookFails') return { kind, unlocksFirst: count('unlocks-first', unlocksFirst) };
  const plain = plainEffects.find((each) => each === kind);
  if (plain === undefined) throw new Error(`an effect is one of ${effectKinds.join(', ')}; not ${kind}`);
  return { kind: plain };
}

function count(name: string, text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isInteger(number) || number < 0)
    throw new Error(`${name} is a whole number, not "${text}"`);
  return number;
}
