import type { Reading } from '../kernel/reading.ts';
import type { MemberAnswer } from './pool.ts';

/** What is known of one member when nobody has asked for anything yet. */
export interface MemberSigns {
  readonly name: string;
  readonly maintenance: boolean;
  readonly answer: Reading<MemberAnswer>;
  readonly masterContact: Reading<'answers' | 'cannotBeContacted'>;
  readonly silentForMs: Reading<number>;
  /** The master's opinion; undefined where the pool is not known. */
  readonly live: boolean | undefined;
  readonly memberTimeoutMs: number;
  /** As last read from its own controller; undefined where it can't be read. */
  readonly power: 'on' | 'off' | 'other' | undefined;
}

export type Diagnosis =
  | { readonly kind: 'healthy'; readonly because: string }
  /** It does not answer, and not for long enough to mean anything. */
  | { readonly kind: 'silent'; readonly because: string }
  /** Suspicion, and what proof is missing. Nothing is done about it. */
  | {
      readonly kind: 'suspected';
      readonly reason: 'Silent' | 'SilentToOperatorOnly';
      readonly because: string;
    }
  | { readonly kind: 'unknown'; readonly because: string };

/** What is wrong with a member, as far as can be told without proof. The sentence never claims that it is dead. */
export function diagnose(signs: MemberSigns): Diagnosis {
  const { name, answer } = signs;
  if (signs.maintenance)
    return { kind: 'healthy', because: `${name} is in Maintenance and not suspected of anything.` };
  if (answer.kind === 'unknown') return { kind: 'unknown', because: answer.because };
  if (answer.value.kind === 'impostor') {
    return {
      kind: 'unknown',
      because: `Somebody else answers at the address of ${name}: ${answer.value.says}`,
    };
  }
  if (answer.value.kind !== 'silent') return { kind: 'healthy', because: `${name} answers.` };
  if (signs.silentForMs.kind === 'unknown') return { kind: 'unknown', because: signs.silentForMs.because };
  const seconds = Math.ceil(signs.memberTimeoutMs / 1000);
  if (signs.silentForMs.value < signs.memberTimeoutMs) {
    return {
      kind: 'silent',
      because: `${name} does not answer; it is suspected after ${seconds} s of silence.`,
    };
  }
  const { masterContact } = signs;
  if (masterContact.kind === 'known' && masterContact.value === 'answers') {
    return {
      kind: 'suspected',
      reason: 'SilentToOperatorOnly',
      because: `${name} has not answered for ${seconds} s, but the pool master reaches it: the way from here is broken, not the member.`,
    };
  }
  const opinion = signs.live === false ? 'the pool takes it for dead' : 'the pool still takes it for live';
  return {
    kind: 'suspected',
    reason: 'Silent',
    because: `${name} has not answered for more than ${seconds} s, and ${opinion}. That proves nothing: its virtual machines may still be writing. ${whatIsMissing(signs)}`,
  };
}

function whatIsMissing({ power }: MemberSigns): string {
  switch (power) {
    case 'on':
      return 'Its controller says that it has power. Missing proof: power read as off. Create a RecoveryRequest ReleaseMember to cut it.';
    case 'off':
      return 'Its controller says that it has no power. Create a RecoveryRequest ReleaseMember to prove it and recover.';
    default:
      return 'Missing proof: its power cannot be read. See FencingReady.';
  }
}
