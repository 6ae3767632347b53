/**
 * Which physical machine a Host stands for. Three parties tell it, each for itself: what people declare, what the pool
 * read from the machine's firmware, and what the power controller shows. An identity that two things share, or that two
 * of the three contradict, identifies nobody (design law of pinned identity).
 */
import type { Facts } from '../xapi/facts.ts';
import type { PoolBelief } from '../xapi/pool.ts';
import {
  type DeclaredIdentity,
  declaredValues,
  isUsable,
  quoted,
  type ShownIdentity,
  sameText,
} from './machineNumbers.ts';
import { isPlaceholder } from './placeholders.ts';
import { controllerContradicts } from './shownMachine.ts';
import { cutOf } from './theCut.ts';

export interface IdentityFacts {
  readonly declared: DeclaredIdentity;
  /** Other Hosts, of whatever pool and namespace, that share something with this one or with what its controller shows. */
  readonly otherHosts: readonly DeclaredIdentity[];
  /** By the newest reading of its own controller; undefined where none was read. */
  readonly shown: ShownIdentity | undefined;
  /** By the newest readings of the other Hosts' controllers. */
  readonly shownToOthers: readonly (ShownIdentity & { readonly host: string })[];
  /** This controller has shown On at a time when the machine itself answered. */
  readonly controllerConfirmed: boolean;
  /** This controller has shown On at some time since the operator reads it, or it is confirmed. */
  readonly controllerShowedOn: boolean;
}

export interface IdentityTrouble {
  /** `contradicted` stops every act. `unidentified` only says that its controller proves nothing; a person's word may. */
  readonly kind: 'contradicted' | 'unidentified';
  readonly because: string;
}

/** Why the facts do not show that the Host and its controller are the one machine that is meant, or undefined. */
export function whyNotThisMachine(facts: Facts): IdentityTrouble | undefined {
  const pool = facts.pool.kind === 'known' ? facts.pool.value : undefined;
  // Power is cut only where it reads as on, so a cut in the journal tells of an On, whoever else remembers it. And of one
  // that was caught there is more to say than that.
  const skipsOn =
    !facts.identity.controllerShowedOn && (cutOf(facts) !== undefined || facts.target.distrust !== undefined);
  return identityTrouble(skipsOn ? { ...facts.identity, controllerShowedOn: true } : facts.identity, pool);
}

/** The same for a Host that nobody has asked anything about yet. Without a pool only what needs none is judged. */
export function identityTrouble(
  identity: IdentityFacts,
  pool: PoolBelief | undefined,
): IdentityTrouble | undefined {
  const contradiction =
    unusableDeclaration(identity) ??
    sharedDeclaration(identity) ??
    (pool === undefined ? undefined : poolContradicts(identity, pool)) ??
    controllerContradicts(identity, pool);
  if (contradiction !== undefined) return { kind: 'contradicted', because: contradiction };
  const unidentified =
    (pool === undefined ? undefined : poolCannotConfirm(identity, pool)) ?? neverShowedOn(identity);
  return unidentified === undefined ? undefined : { kind: 'unidentified', because: unidentified };
}

function unusableDeclaration({ declared }: IdentityFacts): string | undefined {
  for (const [field, value] of declaredValues(declared)) {
    if (value.trim() === '') {
      return `The ${field} of the Host ${declared.name} is empty. Give the machine's own, or leave ${field} out.`;
    }
    if (isPlaceholder(value)) {
      const without =
        field === 'serial'
          ? 'leave serial out and declare the systemUUID that its controller shows'
          : `leave ${field} out`;
      return `The ${field} of the Host ${declared.name} is ${quoted(value)}, which makers leave on every board, so it identifies no machine. Give a number that this machine alone has, or ${without}.`;
    }
  }
  return undefined;
}

function sharedDeclaration({ declared, otherHosts }: IdentityFacts): string | undefined {
  for (const other of otherHosts) {
    if (other.hostUUID === declared.hostUUID) {
      return `The host UUID ${declared.hostUUID} is claimed by the Hosts ${declared.name} and ${other.name}. Delete the Host that is wrong.`;
    }
    const shared =
      declaredValues(declared).find(([, value]) =>
        declaredValues(other).some(([, theirs]) => sameText(theirs, value)),
      ) ??
      (sameText(other.address, declared.address) ? (['address', declared.address] as const) : undefined) ??
      sharedController(declared, other);
    if (shared !== undefined) {
      return `The Hosts ${declared.name} and ${other.name} are declared with the same ${shared[0]}, ${quoted(shared[1])}, so it identifies neither. Correct the Host that is wrong.`;
    }
  }
  return undefined;
}

function sharedController(
  one: DeclaredIdentity,
  other: DeclaredIdentity,
): readonly [string, string] | undefined {
  const shared = one.controllers.find((mine) =>
    other.controllers.some(
      (theirs) =>
        sameText(mine.url, theirs.url) &&
        (mine.systemId === theirs.systemId || mine.systemId === undefined || theirs.systemId === undefined),
    ),
  );
  return shared === undefined ? undefined : ['power controller', shared.url];
}

function poolContradicts({ declared }: IdentityFacts, pool: PoolBelief): string | undefined {
  const host = pool.hosts.get(declared.hostUUID);
  if (host === undefined) return undefined;
  if (isAddress(declared.address) && host.address !== '' && !sameText(host.address, declared.address)) {
    const whose = [...pool.hosts.values()].find(
      (one) => one.uuid !== host.uuid && sameText(one.address, declared.address),
    );
    return `The Host ${declared.name} is declared at ${declared.address}, which in the pool is the address of ${whose?.name ?? 'no member'}; ${host.name} is at ${host.address}. Correct address, hostUUID or tls of the Host.`;
  }
  const another = [...pool.hosts.values()].find(
    (one) =>
      one.uuid !== host.uuid && declaredValues(declared).some(([, value]) => isSerialOf(one.serial, value)),
  );
  if (another !== undefined) {
    return `The pool read the serial ${quoted(another.serial)} from ${another.name}${host.serial === another.serial ? ` and from ${host.name}, so it identifies neither` : ''}, and the Host ${declared.name} is declared with it. Correct the Host before its power is ever cut.`;
  }
  if (declared.serial !== undefined && isUsable(host.serial) && host.serial !== declared.serial) {
    return `The pool read the serial ${quoted(host.serial)} from ${host.name}, and the Host ${declared.name} is declared with ${quoted(declared.serial)}. Correct the Host before its power is ever cut.`;
  }
  const board = host.boardSerial;
  return declared.boardSerial !== undefined &&
    board !== '' &&
    !isPlaceholder(board) &&
    board !== declared.boardSerial
    ? `The pool read the board serial ${quoted(board)} from ${host.name}, and the Host ${declared.name} is declared with ${quoted(declared.boardSerial)}. Correct the Host before its power is ever cut.`
    : undefined;
}

/** The pool shows no serial of its own for the machine, and the controller was never seen to follow it. */
function poolCannotConfirm(
  { declared, shown, controllerConfirmed }: IdentityFacts,
  pool: PoolBelief,
): string | undefined {
  const host = pool.hosts.get(declared.hostUUID);
  if (host === undefined || shown === undefined || isUsable(host.serial) || controllerConfirmed)
    return undefined;
  const shows = host.serial === '' ? 'no serial' : `the serial ${quoted(host.serial)}`;
  return `The pool shows ${shows} for ${host.name}, which identifies no machine, and ${shown.device} has not yet been seen to say On while ${declared.name} answered, so nothing shows that it controls this machine.`;
}

/**
 * One that always says Off, or stands for an empty slot, says nothing of the machine. Where the Host was made anew, what was
 * held against its controller went with the old one; so trust begins anew as well.
 */
function neverShowedOn({ declared, shown, controllerShowedOn }: IdentityFacts): string | undefined {
  return shown === undefined || controllerShowedOn
    ? undefined
    : `${shown.device} has not yet been seen to say On, so nothing shows that it tells the power of ${declared.name}: it may say Off whatever the machine does.`;
}

/** Names may stand for anything; only a literal address can be compared with the pool's. */
function isAddress(text: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) || text.includes(':');
}

function isSerialOf(serial: string, value: string | undefined): boolean {
  return serial === value && isUsable(serial);
}
