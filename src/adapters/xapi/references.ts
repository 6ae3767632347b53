import type { MasterCopy } from './masterSync.ts';

/** References of objects by their UUIDs, in the copy of one session; they are good for calls under that session alone. */
export function hostRef(copy: MasterCopy, uuid: string): string | undefined {
  return refOf(copy.tables.host, uuid);
}

export function storageRef(copy: MasterCopy, uuid: string): string | undefined {
  return refOf(copy.tables.sr, uuid);
}

export function virtualMachineRef({ tables: { vm } }: MasterCopy, uuid: string): string | undefined {
  const known = refsOf.get(vm) ?? new Map<string, string>();
  refsOf.set(vm, known);
  const ref = known.get(uuid);
  const record = ref === undefined ? undefined : vm.get(ref);
  if (record !== undefined && record !== 'leftOut' && record.uuid === uuid) return ref;
  known.clear();
  for (const [each, one] of vm) if (one !== 'leftOut') known.set(one.uuid, each);
  return known.get(uuid);
}

/** Only speed: a pool may have thousands, and what is found here is looked up in the table before it counts. */
const refsOf = new WeakMap<MasterCopy['tables']['vm'], Map<string, string>>();

function refOf(table: ReadonlyMap<string, { readonly uuid: string }>, uuid: string): string | undefined {
  for (const [ref, record] of table) if (record.uuid === uuid) return ref;
  return undefined;
}
