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
    // The session counts as a parameter in XAPI's message.
    const own = definition.login === 'none' ? 0 : 1;
    return failed(
      'MESSAGE_PARAMETER_COUNT_MISMATCH',
      name,
      String(required + own),
      String(given.length + own),
    );
  }
  const values: Record<string, unknown> = {};
  for (const [index, param] of params.entries()) {
    if (index >= given.length) continue;
    const value = given[index];
    if (!isOfType(value, param.type)) return failed('FIELD_TYPE_ERROR', param.name);
    values[param.name] = param.type === 'int' || param.type === 'float' ? Number(value) : value;
  }
  return { values };
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'bool') return typeof value === 'boolean';
  if (type === 'int' || type === 'float') {
    return (
      typeof value === 'number' || (typeof value === 'string' && value !== '' && !Number.isNaN(Number(value)))
    );
  }
  if (type.endsWith(' set')) return Array.isArray(value) && value.every((each) => typeof each === 'string');
  if (type.endsWith(' map')) return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === 'string';
}
