import type { Reading } from '../domain/kernel/reading.ts';
import type {
  BootVerdict,
  DiskLocks,
  MemberAnswer,
  PoolBelief,
  VirtualMachineBelief,
} from '../domain/xapi/pool.ts';
import type { Acts } from './acts.ts';
import type { Cancel } from './clock.ts';

export type { ActReply, BootVerdict, MemberAnswer } from '../domain/xapi/pool.ts';

/** UUIDs of the virtual machines that look different; everything where the pool came into sight or went out of it. */
export type Changed = ReadonlySet<string> | 'everything';

/**
 * One pool, reached through its members. A link holds one session and one event stream on the pool master, and
 * it can ask each member directly, so that the loss of the master never needs the master.
 *
 * Reads answer with a Reading and never reject: what could not be read is unknown, with the sentence that says why.
 * They may be repeated. Effects are sent at most once by the link; their reply is a hint, and the caller proves
 * success by reading the world. Whatever an effect needs to know first, and every wait for a connection, comes before its
 * `mayGo` is asked. Every method is bounded by its deadline whatever the peers do.
 */
export interface PoolLink {
  /**
   * The pool's database as the event stream last left it. Unknown when the stream has not been filled yet or is broken,
   * when the pool behind the addresses is not the pinned one, or when credentials or certificates are refused.
   * `atMs` is the last moment at which the stream was known to be current.
   */
  belief(): Reading<PoolBelief>;
  /** Names of the tasks that the pool is working on, whoever began them; as the event stream last left them. */
  runningTasks(): Reading<readonly string[]>;
  /** Called after each change of `belief()`. The callback only notes it; it must not throw. */
  subscribe(onChange: (changed: Changed) => void): Cancel;
  /** Reads everything again past the event stream: the belief afterwards is at least as new as this call. */
  refresh(deadlineMs: number): Promise<Reading<PoolBelief>>;

  /** Asks a member at its own pinned address who it thinks it is. Silence is suspicion, never proof of death. */
  askMember(hostUUID: string, deadlineMs: number): Promise<Reading<MemberAnswer>>;
  /** Has the master call the member (host.get_servertime): the master's own contact, apart from heartbeats. */
  askMasterAbout(hostUUID: string, deadlineMs: number): Promise<Reading<'answers' | 'cannotBeContacted'>>;

  /** One virtual machine's record, straight from the master. */
  readVirtualMachine(vmUUID: string, deadlineMs: number): Promise<Reading<VirtualMachineBelief>>;
  /** The locks of every disk of the given storage repositories, straight from the master. */
  readLocks(srUUIDs: readonly string[], deadlineMs: number): Promise<Reading<readonly DiskLocks[]>>;
  /** The locks of the given disks alone, straight from the master. */
  readDiskLocks(vdiUUIDs: readonly string[], deadlineMs: number): Promise<Reading<readonly DiskLocks[]>>;
  /** host.compute_free_memory, in bytes: what the pool itself decides by. It counts from its database and asks no daemon. */
  readFreeMemory(hostUUID: string, deadlineMs: number): Promise<Reading<number>>;
  /** VM.assert_can_boot_here: would the host take this virtual machine now? */
  canBootHere(vmUUID: string, hostUUID: string, deadlineMs: number): Promise<Reading<BootVerdict>>;

  /** The calls that change the pool. */
  readonly acts: PoolActs;

  /**
   * Takes over who the members are now and how each is reached. What stays as it was goes on untouched; only when the
   * member that holds the session is reached in another way, or is gone, is the session closed and a new one opened.
   */
  setMembers(members: readonly MemberAccess[]): void;
  close(): void;
}

export interface PoolActs extends Pick<Acts, 'declareDead' | 'removeLock' | 'start'> {
  /**
   * host.declare_dead: the pool resets the power state of every virtual machine of the host, disables it, and runs the
   * hook that unlocks its disks, which may fail without a word (read the locks afterwards).
   * Safety: only with a valid fence certificate for this very host; the pool's own guard takes any failed contact for
   * death. Idempotent in its end state.
   */
  readonly declareDead: Acts['declareDead'];
  /**
   * VDI.remove_from_sm_config of exactly `host_<hostRef>`.
   * Safety: only with a valid fence certificate, only after declareDead, only when nothing works on the disk or its SR.
   */
  readonly removeLock: Acts['removeLock'];
  /**
   * VM.start_on without force. Resolves when the pool's task has ended, or as lost at the deadline.
   * Safety: only a Halted virtual machine whose disks nobody holds, with the fence certificate of its old host valid.
   * A repeat while it runs is refused by the pool (VM_BAD_POWER_STATE).
   */
  readonly start: Acts['start'];
}

/** How to reach a pool: every member of it, each with its own pinned certificate and root account. */
export interface PoolAccess {
  readonly poolUUID: string;
  readonly port: number;
  readonly members: readonly MemberAccess[];
}

export interface MemberAccess {
  readonly hostUUID: string;
  readonly name: string;
  readonly address: string;
  readonly sha256Fingerprint: string;
  readonly userName: string;
  readonly password: string;
  /** Why there is no account for it: it is not asked then, and its answer is unknown with this sentence. */
  readonly missing?: string;
}

/** Opens a link; it connects by itself and keeps trying with back-off until closed. */
export type OpenPool = (access: PoolAccess) => PoolLink;
