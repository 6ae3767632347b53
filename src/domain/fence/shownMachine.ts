/** Whether a power controller shows the machine that a Host stands for, and no other one. */

import type { PoolBelief } from '../xapi/pool.ts';
import type { IdentityFacts } from './identity.ts';
import {
  type DeclaredIdentity,
  declaredValues,
  isDeclared,
  isUsable,
  quoted,
  type ShownIdentity,
  sameText,
  whatIsDeclared,
  whatItShows,
} from './machineNumbers.ts';
import { isPlaceholder } from './placeholders.ts';

export function controllerContradicts(
  { declared, otherHosts, shown, shownToOthers }: IdentityFacts,
  pool: PoolBelief | undefined,
): string | undefined {
  if (shown === undefined) return undefined;
  const { device } = shown;
  if (declared.systemUUID !== undefined && shown.systemUUID !== '') {
    if (!sameText(shown.systemUUID, declared.systemUUID)) {
      return `${device} shows the system UUID ${shown.systemUUID}, and the Host ${declared.name} is declared with ${declared.systemUUID}. It controls another machine; correct the Host.`;
    }
  }
  const foreign =
    otherHosts.find((other) =>
      declaredValues(other).some(([, value]) => shows(shown, value) && !isDeclared(declared, value)),
    ) ??
    [...(pool?.hosts.values() ?? [])].find(
      (member) =>
        member.uuid !== declared.hostUUID &&
        shows(shown, member.serial) &&
        !isPlaceholder(member.serial) &&
        !isDeclared(declared, member.serial),
    );
  if (foreign !== undefined) {
    return `${device} shows what identifies ${foreign.name} (${whatItShows(shown)}), and the Host ${declared.name} names it as its own controller. Correct the Host before its power is ever cut.`;
  }
  const double =
    shownToOthers.find((other) => showSame(shown, other)) ?? sharedNumber(shown, declared, shownToOthers);
  if (double !== undefined) {
    return `${device} and ${double.device} of the Host ${double.host} show the same machine (${whatItShows(shown)}), so neither can be told from the other. Correct the Hosts, or declare a systemUUID for each.`;
  }
  const copied = shownToOthers.find((other) => showCopied(shown, other));
  if (copied !== undefined) {
    return `${device} and ${copied.device} of the Host ${copied.host} both show the serial ${quoted(shown.serial)}, so one of them stands for another machine than it shows. Look which machine each controls, and correct the serial that it shows.`;
  }
  return showsDeclared(shown, declared)
    ? undefined
    : `${device} shows ${whatItShows(shown)}, and the Host ${declared.name} is declared with ${whatIsDeclared(declared)}. It controls another machine, or shows another of its numbers: correct the Host, or declare what this controller shows as boardSerial or systemUUID.`;
}

/** The controller shows this machine: one of its declared numbers, and no other system UUID than a declared one. */
export function showsThisMachine(shown: ShownIdentity, declared: DeclaredIdentity): boolean {
  const { systemUUID } = declared;
  const another =
    systemUUID !== undefined && shown.systemUUID !== '' && !sameText(shown.systemUUID, systemUUID);
  return !another && showsDeclared(shown, declared);
}

/** One of the numbers that were declared for this machine alone; Dell, for one, has the firmware's serial in SKU. */
function showsDeclared(shown: ShownIdentity, declared: DeclaredIdentity): boolean {
  const { serial, boardSerial, systemUUID } = declared;
  return (
    (serial !== undefined && (shown.serial === serial || shown.sku === serial)) ||
    (boardSerial !== undefined && shown.serial === boardSerial) ||
    (systemUUID !== undefined && sameText(shown.systemUUID, systemUUID))
  );
}

function shows(shown: ShownIdentity, value: string): boolean {
  return value !== '' && (shown.serial === value || shown.sku === value || sameText(shown.systemUUID, value));
}

/** Another controller that shows a declared number of this machine, where no declared number is shown by this one alone. */
function sharedNumber<T extends ShownIdentity>(
  shown: ShownIdentity,
  declared: DeclaredIdentity,
  others: readonly T[],
): T | undefined {
  const identifying = declaredValues(declared).filter(([, value]) => shows(shown, value));
  const isOwn = identifying.some(([, value]) => !others.some((other) => shows(other, value)));
  return isOwn ? undefined : others.find((other) => identifying.some(([, value]) => shows(other, value)));
}

/** Two controllers that show one machine: by UUID where both show one that somebody drew, else by serial. */
function showSame(one: ShownIdentity, other: ShownIdentity): boolean {
  const isOneUUID = sameText(one.systemUUID, other.systemUUID);
  const isOneSerial =
    one.serial !== '' && one.serial === other.serial && (one.sku === other.sku || one.sku === '');
  // Asked of every other controller at every look, and nearly always over here.
  if (!isOneUUID && !isOneSerial) return false;
  return isUsable(one.systemUUID) && isUsable(other.systemUUID) ? isOneUUID : isOneSerial;
}

/** A serial that identifies nobody, though each of the two shows a system UUID of its own: one was copied from the other. */
function showCopied(one: ShownIdentity, other: ShownIdentity): boolean {
  return one.serial === other.serial && isUsable(one.serial);
}
