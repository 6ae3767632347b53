import type { Dispatcher } from 'undici';
import { exchange } from '../adapters/network/exchange.ts';
import { type Clock, sleep } from '../ports/clock.ts';
import type { Network } from '../ports/network.ts';
import type { LabDocument } from './document.ts';

/**
 * What a script does that takes the pool's word for a death: it has the master declare the host dead, which succeeds
 * as soon as the master cannot contact it, and starts the virtual machines elsewhere. Nobody cuts the power. It stands
 * here as the counter-example, against the same XAPI that the operator works with.
 */
export interface NaiveRecovery {
  readonly network: Network;
  readonly clock: Clock;
  readonly document: LabDocument;
  readonly hostUUID: string;
  /** Is told what the script does, sentence by sentence. */
  readonly say: (sentence: string) => void;
}

export interface NaiveOutcome {
  readonly declaredDead: boolean;
  /** Names of the virtual machines that the pool says it has started. */
  readonly started: readonly string[];
  readonly notStarted: readonly { readonly name: string; readonly because: string }[];
}

const attempts = 20;
const betweenAttemptsMs = 2_000;

/** Rejects when the master cannot be reached at all, as such scripts do. */
export async function runNaiveRecovery(recovery: NaiveRecovery): Promise<NaiveOutcome> {
  const { document, hostUUID, say, network, clock } = recovery;
  const [master] = document.members;
  if (master === undefined) throw new Error('the lab has no members');
  const dispatcher = network.open({
    origin: `https://${master.address}:${document.port}`,
    trust: { kind: 'pin', sha256Fingerprint: master.fingerprint },
    connections: 1,
  });
  try {
    const call = createCaller(dispatcher, clock);
    const session = await call<string>('session.login_with_password', [
      master.user,
      master.password,
      '2.0',
      'naive script',
    ]);
    const pool = {
      call: <T>(method: string, params: readonly unknown[]) => call<T>(method, [session, ...params]),
      clock,
      say,
    };
    const host = await pool.call<string>('host.get_by_uuid', [hostUUID]);
    const victims = await guestsOf(pool, host);
    say(`the host does not answer, so it must be dead; ${victims.length} virtual machines ran on it`);
    if (!(await declareDead(pool, host))) return { declaredDead: false, started: [], notStarted: [] };
    return { declaredDead: true, ...(await startAll(pool, victims)) };
  } finally {
    await dispatcher.close();
  }
}

interface NaivePool {
  readonly call: <T>(method: string, params: readonly unknown[]) => Promise<T>;
  readonly clock: Clock;
  readonly say: (sentence: string) => void;
}

interface Victim {
  readonly ref: string;
  readonly name: string;
}

interface VirtualMachineRecord {
  readonly name_label: string;
  readonly is_control_domain: boolean;
  readonly resident_on: string;
}

async function guestsOf({ call }: NaivePool, host: string): Promise<readonly Victim[]> {
  const records = await call<Readonly<Record<string, VirtualMachineRecord>>>('VM.get_all_records', []);
  return Object.entries(records)
    .filter(([, record]) => record.resident_on === host && !record.is_control_domain)
    .map(([ref, record]) => ({ ref, name: record.name_label }));
}

async function declareDead({ call, clock, say }: NaivePool, host: string): Promise<boolean> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    try {
      await call('host.declare_dead', [host]);
      say('the pool agrees: it has declared the host dead and removed its storage locks');
      return true;
    } catch (error) {
      say(`the pool does not agree yet (${messageOf(error)})`);
      await sleep(clock, betweenAttemptsMs);
    }
  }
  return false;
}

async function startAll(
  { call, say }: NaivePool,
  victims: readonly Victim[],
): Promise<Omit<NaiveOutcome, 'declaredDead'>> {
  const started: string[] = [];
  const notStarted: { name: string; because: string }[] = [];
  for (const { ref, name } of victims) {
    try {
      await call('VM.start', [ref, false, false]);
      started.push(name);
      say(`${name} is started on another host`);
    } catch (error) {
      notStarted.push({ name, because: messageOf(error) });
      say(`${name} does not start: ${messageOf(error)}`);
    }
  }
  return { started, notStarted };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

type Caller = <T>(method: string, params: readonly unknown[]) => Promise<T>;

function createCaller(dispatcher: Dispatcher, clock: Clock): Caller {
  let calls = 0;
  return async <T>(method: string, params: readonly unknown[]): Promise<T> => {
    calls += 1;
    const { text } = await exchange(dispatcher, clock, {
      method: 'POST',
      path: '/jsonrpc',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: calls, method, params }),
      deadlineMs: 300_000,
    });
    const { result, error } = JSON.parse(text) as { result?: T; error?: { message: string } };
    if (error !== undefined) throw new Error(error.message);
    return result as T;
  };
}
