/** How a XAPI call ended: with a value, as JSON text, or with XAPI's error code and its parameters. */
export type Outcome = Done | Failed;

export interface Done {
  readonly kind: 'done';
  readonly json: string;
}

export interface Failed {
  readonly kind: 'failed';
  readonly error: readonly [string, ...string[]];
}

export function done(value: unknown): Done {
  return { kind: 'done', json: JSON.stringify(value) };
}

/** For texts that are JSON already. */
export function doneJson(json: string): Done {
  return { kind: 'done', json };
}

/** XAPI's void is the empty string. */
export const doneVoid: Done = { kind: 'done', json: '""' };

/** The toolstack died over it. Nobody is there any more to say so: the caller's connection has broken. */
export const brokenOff: Failed = { kind: 'failed', error: ['SERVER_DIED'] };

export function failed(code: string, ...parameters: readonly string[]): Failed {
  return { kind: 'failed', error: [code, ...parameters] };
}
