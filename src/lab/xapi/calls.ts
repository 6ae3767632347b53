import type { CallDefinition } from './call.ts';
import { eventCalls } from './eventCalls.ts';
import { operationCalls } from './operationCalls.ts';
import { mapCalls, readCalls } from './recordCalls.ts';
import { sessionCalls } from './sessionCalls.ts';
import { storageCalls } from './storageCalls.ts';
import { taskCalls } from './taskCalls.ts';

/** Every method that the lab serves, by name. Those with `async: 'also'` exist as `Async.<name>` too. */
export const callDefinitions: ReadonlyMap<string, CallDefinition> = new Map(
  [
    ...sessionCalls,
    ...operationCalls,
    ...storageCalls,
    ...taskCalls,
    ...eventCalls,
    ...mapCalls,
    ...readCalls,
  ].map((each) => [each.name, each]),
);

export interface LabCall {
  readonly name: string;
  /** With the session, as XAPI's data model lists them. */
  readonly params: readonly { readonly name: string; readonly type: string }[];
  readonly result: string;
  /** Why the published data model does not list it; absent when it does. */
  readonly hidden?: string;
}

/** The same as plain data, to be held against XAPI's own data model. */
export const labCalls: readonly LabCall[] = [...callDefinitions.values()].map((each) => ({
  name: each.name,
  params: [
    ...(each.login === 'none' ? [] : [{ name: 'session_id', type: 'session ref' }]),
    ...each.params.map(({ name, type }) => ({ name, type })),
  ],
  result: each.result,
  ...(each.hidden === undefined ? {} : { hidden: each.hidden }),
}));
