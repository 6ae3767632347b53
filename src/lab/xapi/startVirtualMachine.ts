import { believeGuestUp, believeHalted, believeRunning, believeStarting } from '../belief/powerState.ts';
import { emptyRecord, nullRef } from '../belief/records.ts';
import type { DiskSpec, Domain } from '../world/machines.ts';
import { type Acting, livesOn } from './acting.ts';
import { activate } from './activation.ts';
import { possibleHosts, refuseToBoot } from './bootChecks.ts';
import { asksMaster, failToReach } from './contact.ts';
import { xapiDate } from './dates.ts';
import { reportDomains } from './heartbeats.ts';
import { diskSpecs, giveBackLocks } from './locks.ts';
import { doneVoid, type Failed, failed, type Outcome } from './outcome.ts';
import { labNameOf, type Member, memberByRef, type Pool, wallOf } from './pool.ts';
import { reportMemory } from './statistics.ts';

/** VM.start: the pool chooses the host, by what its database says. */
export function startAnywhere(acting: Acting, vm: string): Promise<Outcome> | Outcome {
  const refusal = refuseStart(acting, vm);
  if (refusal !== undefined) return refusal;
  const [host] = possibleHosts(acting.database, vm);
  return host === undefined ? failed('NO_HOSTS_AVAILABLE') : startOn(acting, { vm, host });
}

interface Start {
  readonly vm: string;
  readonly host: string;
}

/**
 * VM.start_on, in XAPI's order: power state, other operations, the boot checks, contact with the host, the disks'
 * locks, and only then the domain.
 */
export async function startOn(acting: Acting, start: Start): Promise<Outcome> {
  const { database, pool, master } = acting;
  const { vm, host } = start;
  const refusal = refuseStart(acting, vm) ?? refuseToBoot(database, start);
  if (refusal !== undefined) return refusal;
  const target = memberByRef(pool, host);
  if (target === undefined) return failed('CANNOT_CONTACT_HOST', host);
  const operation = pool.seeded.ref(`operation/${pool.nextNumber()}`);
  database.update('VM', vm, {
    current_operations: { [operation]: 'start_on' },
    scheduled_to_be_resident_on: host,
  });
  const unreached = await failToReach(pool, { master, database, host });
  const outcome = unreached ?? (await startThere(acting, { ...start, target }));
  if (outcome.kind === 'failed' && livesOn(acting)) {
    database.update('VM', vm, { current_operations: {}, scheduled_to_be_resident_on: nullRef });
  }
  return outcome;
}

function refuseStart({ database }: Acting, vm: string): Failed | undefined {
  const record = database.get('VM', vm);
  if (record === undefined) return failed('HANDLE_INVALID', 'VM', vm);
  if (record.is_a_snapshot) return failed('VM_IS_SNAPSHOT', vm);
  if (record.is_a_template) return failed('VM_IS_TEMPLATE', vm);
  const [operation] = Object.values(record.current_operations);
  if (operation !== undefined) return failed('OTHER_OPERATION_IN_PROGRESS', 'VM', vm, operation);
  if (record.power_state !== 'Halted') {
    return failed('VM_BAD_POWER_STATE', vm, 'halted', record.power_state.toLowerCase());
  }
  return undefined;
}

interface There extends Start {
  readonly target: Member;
}

/**
 * On the target host: it is resident there from now on although it is still Halted, its disks are activated one after the
 * other, then the domain is built. A host that dies over it leaves everything as it was at that moment. Domains are built by
 * a process of their own: where only the toolstack dies, or the way to the master breaks, the domain comes up all the same,
 * and the database goes on having it as Halted and resident there.
 */
async function startThere(acting: Acting, there: There): Promise<Outcome> {
  const { pool, database } = acting;
  const { vm, target } = there;
  const disks = diskSpecs(database, vm);
  const refusal = existsThere(acting, there) ?? failToReachStorage(pool, target, disks);
  if (refusal !== undefined) return refusal;
  believeStarting(database, { vm, host: there.host });
  const outcome = await openAndBuild(acting, { ...there, disks });
  for (const { vdiUUID } of disks) target.opening.delete(vdiUUID);
  // The master finds out when its connection to the host breaks.
  if (outcome === 'lost') return failed('CANNOT_CONTACT_HOST', there.host);
  if ('kind' in outcome) {
    believeHalted(database, vm);
    return outcome;
  }
  // Whoever was master when it began may be gone; then the host reports its domain itself.
  if (livesOn(acting)) noteRunning(acting, there, outcome);
  else reportDomains(acting.pool, there.target);
  return doneVoid;
}

interface Building extends There {
  readonly disks: readonly DiskSpec[];
}

async function openAndBuild(acting: Acting, building: Building): Promise<Domain | 'lost' | Failed> {
  const { pool, database } = acting;
  const { target, disks } = building;
  const { incarnation } = target;
  const halfMs = pool.latencies.startMs / 2;
  const tap = acting.effects.some((effect) => effect.kind === 'tapFails') ? 'fails' : 'opens';
  for (const [index, disk] of disks.entries()) {
    const activated = await activate({ acting, target, disk, openMs: halfMs / disks.length, tap });
    if (activated === 'active') continue;
    if (activated !== 'lost') giveBackLocks(pool, database, { host: target, disks: disks.slice(0, index) });
    return activated;
  }
  await pool.time.pause(halfMs);
  const died = target.incarnation !== incarnation;
  if (target.machine.operatingSystem !== 'up' || (died && target.toolstack !== 'down')) return 'lost';
  const fails = acting.effects.find((effect) => effect.kind === 'domainFails');
  if (fails?.kind === 'domainFails') {
    if (fails.lock === 'released') giveBackLocks(pool, database, { host: target, disks });
    return failed('INTERNAL_ERROR', 'xenopsd: the domain could not be built');
  }
  const domain = buildDomain(acting, building);
  if (domain !== undefined && (died || !asksMaster(pool, target))) {
    if (!died) void reportWhenBack(pool, target);
    return 'lost';
  }
  if (domain !== undefined) return domain;
  giveBackLocks(pool, database, { host: target, disks });
  return existsThere(acting, building) ?? failed('INTERNAL_ERROR', 'xenopsd: the domain could not be built');
}

/** The host tells the database what it has as soon as it can, which it does again and again. */
async function reportWhenBack(pool: Pool, target: Member): Promise<void> {
  const { incarnation } = target;
  while (target.incarnation === incarnation && !asksMaster(pool, target))
    await pool.time.pause(reportEveryMs);
  if (target.incarnation === incarnation) reportDomains(pool, target);
}

const reportEveryMs = 5_000;

function failToReachStorage(pool: Pool, target: Member, disks: readonly DiskSpec[]): Failed | undefined {
  const shared = disks.find((disk) => disk.shared);
  if (shared === undefined || pool.network.reaches(target.identity.name, 'storage', 'storage')) {
    return undefined;
  }
  return failed('SR_BACKEND_FAILURE_47', '', 'The SR is not available', `opterr=${shared.srUUID}`);
}

/**
 * The database says Halted and the hypervisor has the domain: it was declared dead while it ran, or a migration has brought
 * it. The hypervisor is asked before any disk is touched, and writes the states with a capital.
 */
function existsThere({ database }: Acting, { vm, target }: There): Failed | undefined {
  const domain = target.machine.domains.get(database.get('VM', vm)?.uuid ?? '');
  if (domain === undefined) return undefined;
  return failed('VM_BAD_POWER_STATE', vm, 'Halted', domain.phase === 'runs' ? 'Running' : 'Paused');
}

function buildDomain({ pool, database, caller }: Acting, { vm, target }: There): Domain | undefined {
  const record = database.get('VM', vm);
  if (record === undefined) return undefined;
  const domain = pool.physics.startDomain(target.machine, {
    vmUUID: record.uuid,
    vmName: labNameOf(pool, record.uuid),
    disks: diskSpecs(database, vm),
  });
  if (domain !== undefined) {
    pool.oracle.took({
      kind: 'start',
      target: labNameOf(pool, record.uuid),
      onHost: target.identity.name,
      caller,
      changedAnything: true,
    });
  }
  return domain;
}

function noteRunning(acting: Acting, { vm, host, target }: There, domain: Domain): void {
  const { pool, database, master } = acting;
  believeRunning(database, { vm, host, domid: domain.domid });
  reportMemory(pool, database, host);
  const number = pool.nextNumber();
  database.insert('message', pool.seeded.ref(`message/${number}`), {
    ...emptyRecord('message'),
    uuid: pool.seeded.uuid(`message/${number}`),
    name: 'VM_STARTED',
    priority: 5,
    cls: 'VM',
    obj_uuid: domain.vmUUID,
    timestamp: xapiDate(wallOf(pool, master)),
    body: `VM '${domain.vmName}' started on host: ${target.identity.name}`,
  });
  pool.time.lab.after(pool.latencies.guestBootMs, () => {
    if (target.machine.domains.get(domain.vmUUID) !== domain) return;
    if (database.get('VM', vm)?.resident_on !== host) return;
    believeGuestUp(database, {
      vm,
      ref: pool.seeded.ref(`guest/${number}`),
      uuid: pool.seeded.uuid(`guest/${number}`),
    });
  });
}
