import type { Database } from '../belief/database.ts';
import type { Acting } from './acting.ts';
import type { Failed, Outcome } from './outcome.ts';
import { failed } from './outcome.ts';
import type { Member, Pool, Session } from './pool.ts';

/** One method that the lab serves. */
export interface CallDefinition {
  /** As in XAPI's data model: `host.declare_dead`. */
  readonly name: string;
  /** Without the session, which comes first where `login` is not `none`. */
  readonly params: readonly Param[];
  /** In the data model's words. */
  readonly result: string;
  /** `none`: needs no session. `local`: any session, on any member, also without a master. `pool`: on the master only. */
  readonly login: 'none' | 'local' | 'pool';
  readonly async: 'also' | 'no';
  /** Why XAPI's published data model does not list it. */
  readonly hidden?: string;
  run(call: Call): Outcome | Promise<Outcome>;
}

export interface Param {
  readonly name: string;
  readonly type: string;
  readonly optional?: true;
}

/** One call under way: who answers it, for whom, with what. */
export interface Call {
  readonly pool: Pool;
  /** The member that was asked. */
  readonly member: Member;
  readonly session: Session | undefined;
  /** Checked against the definition; an optional one may be missing. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Aborted when the client has gone away. */
  readonly signal: AbortSignal;
  /** What the operation needs; exists only where `login` is `pool`. */
  readonly acting: Acting;
}

export function databaseOf(call: Call): Database {
  return call.acting.database;
}

/** A string, reference or date parameter; empty when it is optional and missing. */
export function text(call: Call, name: string): string {
  const value = call.values[name];
  return typeof value === 'string' ? value : '';
}

/** Checks and names positional parameters. Integers may come as numbers or strings. */
export function bindParams(
  definition: CallDefinition,
  given: readonly unknown[],
): { readonly values: Readonly<Record<string, unknown>> } | Failed {
  const { name, params } = definition;
  const required = params.filter((param) => param.optional !== true).length;
  if (given.length < required || given.length > params.length) {
    // Neither number counts the session.
    return failed('MESSAGE_PARAMETER_COUNT_MISMATCH', name, String(required), String(given.length));
  }
  const values: Record<string, unknown> = {};
  for (const [index, param] of params.entries()) {
    if (index >= given.length) continue;
    const value = given[index];
    const wrong = whatIsWrong(value, param.type);
    if (wrong !== undefined) return failed('INTERNAL_ERROR', `Failure(${JSON.stringify(wrong)})`);
    values[param.name] = param.type === 'int' || param.type === 'float' ? Number(value) : value;
  }
  return { values };
}

/** A value of another type is no error of its own in XAPI: it fails where the value is unpacked, in these words. */
function whatIsWrong(value: unknown, type: string): string | undefined {
  if (type === 'bool') return typeof value === 'boolean' ? undefined : `Expected bool, got '${asRpc(value)}'`;
  if (type === 'int' || type === 'float') {
    const readable = typeof value === 'string' ? value.trim() !== '' : typeof value === 'number';
    return readable && !Number.isNaN(Number(value)) ? undefined : `Expected ${type}, got '${asRpc(value)}'`;
  }
  if (type.endsWith(' set')) {
    if (!Array.isArray(value)) return `Expecting Rpc.Enum, but found '${asRpc(value)}'`;
    return value.map((each) => whatIsWrong(each, 'string')).find((each) => each !== undefined);
  }
  if (type.endsWith(' map')) {
    const isDict = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isDict ? undefined : `Expecting Rpc.Dict, but found '${asRpc(value)}'`;
  }
  return typeof value === 'string' ? undefined : `Expected string, got '${asRpc(value)}'`;
}

/** As XAPI writes a value that it could not read. */
function asRpc(value: unknown): string {
  if (value === null || value === undefined) return 'N';
  if (typeof value === 'string') return `S(${value})`;
  if (typeof value === 'boolean') return `B(${value})`;
  if (typeof value === 'number') return Number.isInteger(value) ? `I(${value})` : `F(${value})`;
  if (Array.isArray(value)) return `[ ${value.map(asRpc).join('; ')} ]`;
  const entries = Object.entries(value).map(([key, each]) => `${key}:${asRpc(each)}`);
  return `{ ${entries.join('; ')} }`;
}
