import type { LabVirtualMachine } from './document.ts';
import type { Machine } from './world/machines.ts';
import type { Member, Pool } from './xapi/pool.ts';

/** Throws with the names that there are. */
export function memberNamed(pool: Pool, name: string): Member {
  const member = pool.members.find((each) => each.identity.name === name);
  if (member === undefined) {
    const names = pool.members.map((each) => each.identity.name).join(', ');
    throw new Error(`there is no host ${name} in this lab; hosts are ${names}`);
  }
  return member;
}

/** Throws a sentence. */
export function virtualMachineNamed(pool: Pool, name: string): LabVirtualMachine {
  const found = pool.document.virtualMachines.find((each) => each.name === name);
  if (found === undefined) {
    throw new Error(`there is no virtual machine ${name} in this lab; "kintsugi lab status --json" has them`);
  }
  return found;
}

/** A member's machine or an outsider. Throws with the names of the members. */
export function machineNamed(pool: Pool, name: string): Machine {
  return pool.outsiders.find((each) => each.name === name) ?? memberNamed(pool, name).machine;
}
