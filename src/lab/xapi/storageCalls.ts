import { nullRef } from '../belief/records.ts';
import { type Call, type CallDefinition, databaseOf, text } from './call.ts';
import { failToReach } from './contact.ts';
import { lockKey, removeKey } from './locks.ts';
import { type Drive, putInto, takeOut } from './media.ts';
import { doneVoid, type Failed, failed, type Outcome } from './outcome.ts';

const pbd = [{ name: 'self', type: 'PBD ref' }] as const;
const vbd = { name: 'vbd', type: 'VBD ref' };

/** The plugs of members to their storage, and what lies in drives. */
export const storageCalls: readonly CallDefinition[] = [
  { name: 'PBD.plug', params: pbd, result: 'void', login: 'pool', async: 'also', run: plug },
  { name: 'PBD.unplug', params: pbd, result: 'void', login: 'pool', async: 'also', run: unplug },
  {
    name: 'VBD.insert',
    params: [vbd, { name: 'vdi', type: 'VDI ref' }],
    result: 'void',
    login: 'pool',
    async: 'also',
    run: insert,
  },
  { name: 'VBD.eject', params: [vbd], result: 'void', login: 'pool', async: 'also', run: eject },
];

/** Both are handed on to the plug's own host; what is so already is no error. */
async function plug(call: Call): Promise<Outcome> {
  const ref = text(call, 'self');
  const record = databaseOf(call).get('PBD', ref);
  if (record === undefined) return failed('HANDLE_INVALID', 'PBD', ref);
  const refusal = await unreachable(call, record.host);
  if (refusal !== undefined) return refusal;
  if (!record.currently_attached) forgetOwnKeys(call, record);
  databaseOf(call).update('PBD', ref, { currently_attached: true });
  return doneVoid;
}

/** A host that attaches a repository holds none of its disks, so it removes its own keys; the pool's master `paused` too. */
function forgetOwnKeys(call: Call, plugged: { readonly host: string; readonly SR: string }): void {
  const { pool, acting } = call;
  const database = databaseOf(call);
  const keys = [lockKey(plugged.host)];
  if (plugged.host === acting.master.identity.hostRef) keys.push('paused');
  for (const vdi of database.get('SR', plugged.SR)?.VDIs ?? []) {
    for (const key of keys) removeKey(pool, database, { vdi, key });
  }
}

async function unplug(call: Call): Promise<Outcome> {
  const ref = text(call, 'self');
  const database = databaseOf(call);
  const record = database.get('PBD', ref);
  if (record === undefined) return failed('HANDLE_INVALID', 'PBD', ref);
  const refusal = await unreachable(call, record.host);
  if (refusal !== undefined) return refusal;
  const used = database.get('SR', record.SR)?.VDIs.find((vdi) => isOpenOn(call, { vdi, host: record.host }));
  if (used !== undefined) return failed('VDI_IN_USE', used);
  database.update('PBD', ref, { currently_attached: false });
  return doneVoid;
}

function isOpenOn(call: Call, { vdi, host }: { readonly vdi: string; readonly host: string }): boolean {
  const database = databaseOf(call);
  return (database.get('VDI', vdi)?.VBDs ?? []).some((each) => {
    const record = database.get('VBD', each);
    return record?.currently_attached === true && database.get('VM', record.VM)?.resident_on === host;
  });
}

async function insert(call: Call): Promise<Outcome> {
  const database = databaseOf(call);
  const drive = driveFrom(call);
  if ('kind' in drive) return drive;
  const vdi = text(call, 'vdi');
  if (database.get('VDI', vdi) === undefined) return failed('HANDLE_INVALID', 'VDI', vdi);
  if (database.get('VBD', drive.vbd)?.empty === false) return failed('VBD_NOT_EMPTY', drive.vbd);
  const refusal = await unreachable(call, database.get('VM', drive.vm)?.resident_on ?? nullRef);
  if (refusal !== undefined) return refusal;
  putInto(call.pool, database, { drive, vdi });
  return doneVoid;
}

async function eject(call: Call): Promise<Outcome> {
  const database = databaseOf(call);
  const drive = driveFrom(call);
  if ('kind' in drive) return drive;
  if (database.get('VBD', drive.vbd)?.empty !== false) return failed('VBD_IS_EMPTY', drive.vbd);
  const refusal = await unreachable(call, database.get('VM', drive.vm)?.resident_on ?? nullRef);
  if (refusal !== undefined) return refusal;
  takeOut(call.pool, database, drive);
  return doneVoid;
}

function driveFrom(call: Call): Drive | Failed {
  const ref = text(call, 'vbd');
  const record = databaseOf(call).get('VBD', ref);
  if (record === undefined) return failed('HANDLE_INVALID', 'VBD', ref);
  if (record.type !== 'CD') return failed('VBD_NOT_REMOVABLE_MEDIA', ref);
  return { vbd: ref, vm: record.VM };
}

/** Nobody is asked for what runs nowhere. */
async function unreachable(call: Call, host: string): Promise<Failed | undefined> {
  if (host === nullRef) return undefined;
  return failToReach(call.pool, { master: call.acting.master, database: databaseOf(call), host });
}
