import type { MasterCopy } from './masterSync.ts';

/** References of objects by their UUIDs, in the copy of one session; they are good for calls under that session alone. */
export function hostRef(copy: MasterCopy, uuid: string): string | undefined {
  return refOf(copy.tables.host, uuid);
}

export function storageRef(copy: MasterCopy, uuid: string): string | undefined {
  return refOf(copy.tables.sr, uuid);
}

export function virtualMachineRef(copy: MasterCopy, uuid: string): string | undefined {
  for (const [ref, record] of copy.tables.vm) if (record !== 'leftOut' && record.uuid === uuid) return ref;
  return undefined;
}

function refOf(table: ReadonlyMap<string, { readonly uuid: string }>, uuid: string): string | undefined {
  for (const [ref, record] of table) if (record.uuid === uuid) return ref;
  return undefined;
}
