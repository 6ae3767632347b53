/** Whether what everybody shows of a machine now fits together; told anew here, so that it can differ from the product. */
import type { History } from './history.ts';
import type { Observer } from './observer.ts';

const placeholders = ['0123456789', 'To be filled by O.E.M.', 'Not Specified', 'Default string', ''];

/** What of the host's identity is contradicted, shared or nobody's; undefined when nothing is. */
export function whyNotItself(host: string, observer: Observer, history: History): string | undefined {
  const machineOf = (name: string) => history.machines[Number(name.slice('host-'.length)) - 1];
  const numberOf = (name: string): string => name.slice('host-'.length);
  const serialOf = (name: string): string => machineOf(name)?.serial ?? `SN-${numberOf(name)}`;
  const boardOf = (name: string): string => machineOf(name)?.boardSerial ?? `BD-${numberOf(name)}`;
  const poolShows = (name: string): string => machineOf(name)?.pool?.serial ?? serialOf(name);
  const declaredNumbers = (name: string): readonly string[] => {
    const { serial = serialOf(name), noSerial, boardSerial, systemUUID } = observer.declared(name);
    return [...(noSerial === true ? [] : [serial]), boardSerial, systemUUID].filter(
      (one) => one !== undefined,
    );
  };
  const { noSerial, serial = serialOf(host), boardSerial, systemUUID, addressOf } = observer.declared(host);
  const own = declaredNumbers(host);
  const nobodys = own.find((one) => placeholders.includes(one));
  if (nobodys !== undefined) return `"${nobodys}" is nobody's`;
  // A maker's placeholder in the pool says nothing about the machine, neither for nor against it.
  const inPool = poolShows(host);
  if (noSerial !== true && !placeholders.includes(inPool) && inPool !== serial)
    return `the pool shows the serial ${inPool}`;
  const board = machineOf(host)?.pool?.boardSerial ?? boardOf(host);
  if (boardSerial !== undefined && !placeholders.includes(board) && board !== boardSerial)
    return `the pool shows the board serial ${board}`;
  const shown = observer.controllerShows(host);
  if (systemUUID !== undefined && shown.systemUUID !== '' && shown.systemUUID !== systemUUID)
    return `its controller shows the system UUID ${shown.systemUUID}`;
  // Some makes show the board's serial, and the firmware's as the SKU.
  const bySerial = own.includes(shown.serial) || (noSerial !== true && shown.sku === serial);
  const byUUID = systemUUID !== undefined && systemUUID === shown.systemUUID;
  if (!bySerial && !byUUID) return `its controller shows the serial ${shown.serial}`;
  for (const other of observer.hosts.keys()) {
    if (other === host) continue;
    if (own.includes(poolShows(other))) return `the pool shows its serial for ${other} too`;
    if (observer.declared(other).undeclared === true) continue;
    const theirs = declaredNumbers(other);
    if (theirs.some((one) => own.includes(one))) return `${other} is declared with its number too`;
    if (theirs.some((one) => one !== '' && [shown.serial, shown.sku, shown.systemUUID].includes(one)))
      return `its controller shows a number of ${other}`;
    const shownToOther = observer.controllerShows(other);
    if (shownToOther.serial !== '' && shownToOther.serial === shown.serial)
      return `the controller of ${other} shows its serial too`;
  }
  if (machineOf(host)?.pool?.address !== undefined) return 'the pool knows it at another address';
  return addressOf === undefined ? undefined : 'it is declared at the address of another';
}
