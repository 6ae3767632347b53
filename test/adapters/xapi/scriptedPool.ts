import type { Clock } from '../../../src/ports/clock.ts';
import type { MemberAccess, PoolAccess } from '../../../src/ports/hypervisor.ts';
import type { HttpHandler, HttpReply } from '../../../src/wire/http.ts';
import * as shapes from './recordShapes.ts';

/**
 * A pool of three members that does what a test tells it: a table of records with generations, event.from over them,
 * logins, and for every other call the answer that the test put there. It knows nothing of how a pool behaves; for
 * that there is the lab. Here it is easy to answer nonsense.
 */
export interface ScriptedPool {
  readonly access: PoolAccess;
  readonly members: readonly ScriptedMember[];
  /** Puts or replaces a record; the event stream tells. */
  set(table: string, ref: string, record: Readonly<Record<string, unknown>>): void;
  patch(table: string, ref: string, fields: Readonly<Record<string, unknown>>): void;
  remove(table: string, ref: string): void;
  /** Removes it and forgets that it was there: its event never comes. */
  removeSilently(table: string, ref: string): void;
  record(table: string, ref: string): Readonly<Record<string, unknown>> | undefined;
  /** Answers a method at every member, before anything built in. Returning undefined leaves it to what is built in. */
  answer(method: string, reply: Answer): void;
  /** Every call so far, in order. */
  readonly calls: readonly SeenCall[];
  /** Forgets sessions and tasks and starts counting generations from 1 again, as a restarted toolstack may. */
  restartMaster(): void;
}

export interface ScriptedMember {
  readonly access: MemberAccess;
  readonly handler: HttpHandler;
  role: 'master' | 'member' | 'emergency';
  /** What HOST_IS_SLAVE says. */
  masterAddress: string;
}

export interface SeenCall {
  readonly member: string;
  readonly method: string;
  readonly params: readonly unknown[];
}

export type Reply =
  | { readonly result: unknown }
  | { readonly error: readonly string[] }
  | HttpReply
  | 'hangUp'
  | 'silence';
export type Answer = (call: SeenCall) => Reply | undefined | Promise<Reply | undefined>;

export const poolUUID = '11111111-aaaa-4000-8000-000000000001';
export const hostUUIDs = [1, 2, 3].map((n) => `22222222-aaaa-4000-8000-00000000000${n}`);
export const hostRefs = [1, 2, 3].map((n) => `OpaqueRef:host-${n}`);
export const vmUUID = '33333333-aaaa-4000-8000-000000000001';
export const vdiUUID = '44444444-aaaa-4000-8000-000000000001';
export const srUUID = '55555555-aaaa-4000-8000-000000000001';
export const bootSeconds = 1_700_000_000;

export function createScriptedPool(options: {
  readonly clock: Clock;
  readonly places?: readonly { readonly address: string; readonly sha256Fingerprint: string }[];
  readonly port?: number;
}): ScriptedPool {
  const { clock } = options;
  const tables = new Map<
    string,
    Map<string, { record: Record<string, unknown>; generation: number; born: number }>
  >();
  const deleted: { table: string; ref: string; generation: number }[] = [];
  const answers = new Map<string, Answer>();
  const calls: SeenCall[] = [];
  const sessions = new Set<string>();
  const waiting = new Set<() => void>();
  let generation = 1;
  let sessionCount = 0;

  const table = (name: string) => {
    const rows = tables.get(name) ?? new Map();
    tables.set(name, rows);
    return rows;
  };
  const changed = (): void => {
    for (const wake of [...waiting]) wake();
  };
  const set: ScriptedPool['set'] = (name, ref, record) => {
    generation += 1;
    const born = table(name).get(ref)?.born ?? generation;
    table(name).set(ref, { record: { ...record }, generation, born });
    changed();
  };
  const remove: ScriptedPool['remove'] = (name, ref) => {
    generation += 1;
    table(name).delete(ref);
    deleted.push({ table: name, ref, generation });
    changed();
  };
  const records = (name: string) =>
    Object.fromEntries([...table(name)].map(([ref, { record }]) => [ref, record]));

  const eventsSince = (classes: readonly string[], since: number) => {
    const events: unknown[] = [];
    for (const name of classes) {
      for (const [ref, row] of table(name)) {
        if (row.generation <= since) continue;
        const operation = row.born > since ? 'add' : 'mod';
        events.push({
          id: row.generation,
          timestamp: '0.0',
          class: name,
          operation,
          ref,
          snapshot: row.record,
        });
      }
    }
    for (const gone of deleted) {
      if (gone.generation > since && classes.includes(gone.table)) {
        events.push({
          id: gone.generation,
          timestamp: '0.0',
          class: gone.table,
          operation: 'del',
          ref: gone.ref,
        });
      }
    }
    return events;
  };

  const eventFrom = async (params: readonly unknown[], gone: AbortSignal): Promise<Reply> => {
    const [session, classes, token, timeout] = params as [string, string[], string, number];
    const since = token === '' ? 0 : Number(token.split(',')[0]);
    const endAtMs = clock.monotonicMs() + timeout * 1_000;
    for (;;) {
      if (!sessions.has(session)) return { error: ['SESSION_INVALID', session] };
      const events = eventsSince(classes, since);
      if (events.length > 0 || clock.monotonicMs() >= endAtMs || gone.aborted) {
        const counts = Object.fromEntries([...tables].map(([name, rows]) => [name, rows.size]));
        return { result: { token: `${Math.max(since, generation)},0`, valid_ref_counts: counts, events } };
      }
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          cancel();
          waiting.delete(wake);
          gone.removeEventListener('abort', wake);
          resolve();
        };
        const cancel = clock.after(endAtMs - clock.monotonicMs(), wake);
        waiting.add(wake);
        gone.addEventListener('abort', wake);
      });
    }
  };

  const login = (member: ScriptedMember, params: readonly unknown[]): Reply => {
    if (member.role === 'member') return { error: ['HOST_IS_SLAVE', member.masterAddress] };
    const [user, password] = params;
    if (user !== member.access.userName || password !== member.access.password) {
      return { error: ['SESSION_AUTHENTICATION_FAILED', String(user), 'Authentication failure'] };
    }
    sessionCount += 1;
    const session = `OpaqueRef:session-${sessionCount}`;
    sessions.add(session);
    return { result: session };
  };

  const builtIn = async (
    member: ScriptedMember,
    { method, params }: SeenCall,
    gone: AbortSignal,
  ): Promise<Reply> => {
    if (method === 'session.login_with_password') return login(member, params);
    if (!sessions.has(String(params[0]))) return { error: ['SESSION_INVALID', String(params[0])] };
    if (method === 'session.logout') {
      sessions.delete(String(params[0]));
      return { result: '' };
    }
    if (method === 'event.from') return eventFrom(params, gone);
    if (method === 'host.get_servertime') return { result: '20231115T22:13:20Z' };
    if (method === 'VDI.get_all_records_where') return { result: records('vdi') };
    const [className = '', verb] = method.split('.');
    const name = className.toLowerCase();
    if (verb === 'get_all_records') return { result: records(name) };
    const row = table(name).get(String(params[1]));
    if (verb === 'get_record') {
      return row === undefined
        ? { error: ['HANDLE_INVALID', className, String(params[1])] }
        : { result: row.record };
    }
    if (verb === 'get_by_uuid') {
      const found = [...table(name)].find(([, { record }]) => record['uuid'] === params[1]);
      return found === undefined
        ? { error: ['UUID_INVALID', className, String(params[1])] }
        : { result: found[0] };
    }
    return { result: '' };
  };

  const handlerOf =
    (index: number): HttpHandler =>
    async (request) => {
      const member = members[index]!;
      const { method, params } = JSON.parse(Buffer.from(request.body).toString('utf8'));
      const seen: SeenCall = { member: member.access.name, method, params };
      calls.push(seen);
      const scripted = await answers.get(method)?.(seen);
      if (scripted !== undefined) return httpReply(scripted, 1);
      if (member.role === 'emergency') return httpReply({ error: ['HOST_STILL_BOOTING'] }, 0);
      return httpReply(await builtIn(member, seen, request.signal), 1);
    };

  const members: ScriptedMember[] = [0, 1, 2].map((index) => ({
    access: {
      hostUUID: hostUUIDs[index]!,
      name: `host-${index + 1}`,
      address: options.places?.[index]?.address ?? `10.0.0.${index + 1}`,
      sha256Fingerprint: options.places?.[index]?.sha256Fingerprint ?? String(index + 1).repeat(64),
      userName: 'root',
      password: `secret-of-${index + 1}`,
    },
    handler: handlerOf(index),
    role: index === 0 ? 'master' : 'member',
    masterAddress: options.places?.[0]?.address ?? '10.0.0.1',
  }));

  for (const [name, ref, record] of shapes.smallPool({
    poolUUID,
    hostUUIDs,
    hostRefs,
    vmUUID,
    vdiUUID,
    srUUID,
    bootSeconds,
  })) {
    set(name, ref, record);
  }

  return {
    access: { poolUUID, port: options.port ?? 443, members: members.map(({ access }) => access) },
    members,
    set,
    patch: (name, ref, fields) => set(name, ref, { ...table(name).get(ref)?.record, ...fields }),
    remove,
    removeSilently: (name, ref) => {
      table(name).delete(ref);
      generation += 1;
      changed();
    },
    record: (name, ref) => table(name).get(ref)?.record,
    answer: (method, reply) => answers.set(method, reply),
    calls,
    restartMaster: () => {
      sessions.clear();
      deleted.length = 0;
      generation = 1;
      for (const [name, rows] of tables) {
        if (name === 'task') rows.clear();
        for (const row of rows.values()) {
          row.generation = 1;
          row.born = 1;
        }
      }
      changed();
    },
  };
}

/** Errors before dispatch come as a bare array with the id 0. */
function httpReply(reply: Reply, id: 0 | 1): HttpReply | 'hangUp' | 'silence' {
  if (typeof reply === 'string' || 'status' in reply) return reply;
  const headers = { 'content-type': 'application/json' };
  if ('result' in reply) {
    return { status: 200, headers, body: JSON.stringify({ jsonrpc: '2.0', result: reply.result, id }) };
  }
  const [message, ...data] = reply.error;
  const error = id === 0 ? reply.error : { code: 1, message, data };
  return { status: 200, headers, body: JSON.stringify({ jsonrpc: '2.0', error, id }) };
}
