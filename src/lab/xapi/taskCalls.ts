import { emptyRecord } from '../belief/records.ts';
import type { Acting } from './acting.ts';
import { type CallDefinition, databaseOf, text } from './call.ts';
import { xapiDate } from './dates.ts';
import { done, doneVoid, failed, type Outcome } from './outcome.ts';
import { wallOf } from './pool.ts';

/** Makes a pending task; the reference is what an Async call answers with. */
export function openTask({ pool, master, database }: Acting, label: string): string {
  const number = pool.nextNumber();
  const ref = pool.seeded.ref(`task/${number}`);
  database.insert('task', ref, {
    ...emptyRecord('task'),
    uuid: pool.seeded.uuid(`task/${number}`),
    name_label: label,
    status: 'pending',
    type: '<none/>',
    created: xapiDate(wallOf(pool, master)),
    resident_on: master.identity.hostRef,
    allowed_operations: [],
  });
  return ref;
}

/** Ends a task as its operation ended. The caller makes sure that the master's toolstack is still the same. */
export function closeTask({ pool, master, database }: Acting, ref: string, outcome: Outcome): void {
  master.finishedTasks.set(ref, pool.time.lab.monotonicMs());
  database.update('task', ref, {
    status: outcome.kind === 'done' ? 'success' : 'failure',
    progress: 1,
    finished: xapiDate(wallOf(pool, master)),
    ...(outcome.kind === 'done' ? { result: asXmlRpc(outcome.json) } : { error_info: outcome.error }),
  });
}

/** Results of tasks are XML-RPC values even for JSON clients; void is an empty one. */
function asXmlRpc(json: string): string {
  const value: unknown = JSON.parse(json);
  if (Array.isArray(value)) {
    return `<value><array><data>${value.map((each) => `<value>${each}</value>`).join('')}</data></array></value>`;
  }
  return `<value>${typeof value === 'string' ? value : JSON.stringify(value)}</value>`;
}

const task = { name: 'self', type: 'task ref' };

export const taskCalls: readonly CallDefinition[] = [
  {
    name: 'task.create',
    params: [
      { name: 'label', type: 'string' },
      { name: 'description', type: 'string' },
    ],
    result: 'task ref',
    login: 'pool',
    async: 'no',
    run: (call) => {
      const ref = openTask(call.acting, text(call, 'label'));
      databaseOf(call).update('task', ref, { name_description: text(call, 'description') });
      return done(ref);
    },
  },
  {
    name: 'task.cancel',
    params: [{ name: 'task', type: 'task ref' }],
    result: 'void',
    login: 'pool',
    async: 'also',
    run: (call) => {
      const ref = text(call, 'task');
      const record = databaseOf(call).get('task', ref);
      if (record === undefined) return failed('HANDLE_INVALID', 'task', ref);
      // None of the operations served here can be called back once they have begun.
      return record.status === 'pending' ? failed('OPERATION_NOT_ALLOWED', `cancel ${ref}`) : doneVoid;
    },
  },
  {
    name: 'task.destroy',
    params: [task],
    result: 'void',
    login: 'pool',
    async: 'no',
    run: (call) => {
      const ref = text(call, 'self');
      if (databaseOf(call).get('task', ref) === undefined) return failed('HANDLE_INVALID', 'task', ref);
      databaseOf(call).remove('task', ref);
      call.member.finishedTasks.delete(ref);
      return doneVoid;
    },
  },
];
