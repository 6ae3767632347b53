import { actKey } from '../acts/act.ts';
import { isFenced, offReadingsApartMs } from '../fence/certificate.ts';
import type { Entry } from '../kernel/facts.ts';
import { attempts, lastEntry, openEntry } from '../kernel/tries.ts';
import type { Facts } from '../xapi/facts.ts';
import type { Part } from '../xapi/form.ts';

/** A controller that did not cut the power this often needs a person. */
const most = 3;

/** Done when the certificate is in force; its making is in ../certificate.ts. */
export const cutThePower: Part = {
  acts: ['cutPower'],
  done: isFenced,
  next: (facts) => {
    const { hostUUID, name } = facts.target;
    const last = facts.powerReadings.at(-1);
    if (last === undefined) {
      return { kind: 'wait', because: `The power of ${name} has not been read yet.` };
    }
    if (facts.powerUnknown !== undefined) {
      return { kind: 'wait', because: `The power of ${name} cannot be read: ${facts.powerUnknown}` };
    }
    if (last.power === 'other') {
      return { kind: 'wait', because: `${last.device} says "${last.says}", which is neither on nor off.` };
    }
    if (last.power === 'off') {
      const apart = offReadingsApartMs / 1000;
      return {
        kind: 'wait',
        because: `${name} reads as off; a second reading ${apart} s after the first makes the proof.`,
      };
    }
    const act = { kind: 'cutPower', hostUUID } as const;
    const open = openEntry(facts, actKey(act));
    if (open !== undefined) return { kind: 'wait', because: whatCameOf(open, name) };
    const because = cutInVain(facts);
    return because === undefined ? { kind: 'act', acts: [act] } : { kind: 'giveUp', because };
  },
};

/** Why the power is not told to go off again, or undefined: it was tried often enough, and read as on when it was last read. */
export function cutInVain(facts: Facts): string | undefined {
  const { hostUUID, name } = facts.target;
  const key = actKey({ kind: 'cutPower', hostUUID });
  const last = facts.powerReadings.at(-1);
  if (last?.power !== 'on' || openEntry(facts, key) !== undefined || attempts(facts, key) < most)
    return undefined;
  return `${last.device} did not cut the power of ${name}, tried ${most} times${lastWords(facts, key)}. ${byHand}`;
}

const byHand = 'Cut it by hand and state so in spec.attestations.';

/** A refusal is said at once: a person can do something about it while the machine is still watched. */
function whatCameOf(open: Entry, name: string): string {
  return open.reply === 'failed' && open.says !== undefined
    ? `The power of ${name} was not cut: ${ended(open.says)} ${byHand}`
    : `The power of ${name} was told to go off, and still reads as on.`;
}

function lastWords(facts: Facts, key: string): string {
  const says = lastEntry(facts, key)?.says;
  return says === undefined ? '' : ` (${says})`;
}

function ended(words: string): string {
  return words.endsWith('.') ? words : `${words}.`;
}
