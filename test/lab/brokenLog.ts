import type { Log } from '../../src/ports/log.ts';

function fail(message: string, fields?: unknown): never {
  throw new Error(`the lab's servers complained: ${message} ${JSON.stringify(fields)}`);
}

/** A log that takes every warning and error for a bug. */
export const brokenLog: Log = { debug: () => {}, info: () => {}, warn: fail, error: fail };
