import type { Clock } from '../../ports/clock.ts';
import { call } from './jsonRpc.ts';
import type { MasterConnection } from './masterConnection.ts';
import { asFields, MalformedRecord, projections, type TaskRecord } from './records.ts';
import type { MasterSession } from './session.ts';

/**
 * Waits for a task of an Async call. Its end comes with the event stream, which costs no call; only when the stream
 * is silent about the task for long, or down, is the task asked for by itself. Tasks live in the memory of the
 * master's toolstack: one that is gone has an unknown end, and the caller has to look at the world.
 */
export type TaskEnd =
  | { readonly kind: 'success' }
  | { readonly kind: 'failure'; readonly code: string; readonly says: string }
  | { readonly kind: 'lost'; readonly because: string };

/** How long the stream may be silent about a task before it is asked for by itself. */
const askAfterMs = 30_000;
const askDeadlineMs = 5_000;
const destroyDeadlineMs = 5_000;

export async function awaitTask(options: {
  readonly clock: Clock;
  readonly connection: MasterConnection;
  readonly session: MasterSession;
  readonly taskRef: string;
  readonly endAtMs: number;
}): Promise<TaskEnd> {
  const { clock, connection, session, taskRef, endAtMs } = options;
  let seen = false;
  let lastWordAtMs = clock.monotonicMs();
  for (;;) {
    const now = connection.current();
    const record = now.kind === 'following' ? now.copy.tables.task.get(taskRef) : undefined;
    if (record !== undefined) {
      const end = endOf(record);
      if (end !== undefined) return ended(session, taskRef, end);
    }
    const otherSession = now.kind === 'following' && now.copy.session !== session;
    if (record === undefined && (otherSession || (seen && now.kind === 'following'))) {
      return { kind: 'lost', because: `the pool does not know the task ${taskRef} any more` };
    }
    seen ||= record !== undefined;
    const nowMs = clock.monotonicMs();
    if (nowMs >= endAtMs)
      return { kind: 'lost', because: 'the task had not ended at the deadline; it may go on' };
    if (nowMs - lastWordAtMs >= askAfterMs) {
      const end = await askForTask(session, taskRef, Math.min(askDeadlineMs, endAtMs - nowMs));
      if (end !== undefined) return end.kind === 'lost' ? end : ended(session, taskRef, end);
      lastWordAtMs = clock.monotonicMs();
    }
    await nextChange(clock, connection, Math.min(endAtMs, lastWordAtMs + askAfterMs) - clock.monotonicMs());
  }
}

/** Ended tasks stay for an hour in the pool's list unless someone removes them; nobody waits for the removal. */
function ended(session: MasterSession, taskRef: string, end: TaskEnd): TaskEnd {
  void call(session.line.calls, {
    method: 'task.destroy',
    params: [session.ref, taskRef],
    deadlineMs: destroyDeadlineMs,
  });
  return end;
}

/** Undefined while it is under way. */
function endOf(task: TaskRecord): TaskEnd | undefined {
  switch (task.status) {
    case 'pending':
    case 'cancelling':
      return undefined;
    case 'success':
      return { kind: 'success' };
    case 'cancelled':
      return { kind: 'failure', code: 'TASK_CANCELLED', says: 'somebody cancelled the task' };
    default: {
      const [code = 'INTERNAL_ERROR'] = task.errorInfo;
      return { kind: 'failure', code, says: task.errorInfo.filter((part) => part !== '').join(' ') || code };
    }
  }
}

async function askForTask(
  session: MasterSession,
  taskRef: string,
  deadlineMs: number,
): Promise<TaskEnd | undefined> {
  const outcome = await call(session.line.calls, {
    method: 'task.get_record',
    params: [session.ref, taskRef],
    deadlineMs,
  });
  if (outcome.kind === 'refused') {
    return { kind: 'lost', because: `asked for the task ${taskRef}, the pool answers ${outcome.says}` };
  }
  if (outcome.kind !== 'result') return undefined;
  try {
    return endOf(projections.task(asFields(outcome.value, 'the task')));
  } catch (error) {
    if (error instanceof MalformedRecord) return undefined;
    throw error;
  }
}

function nextChange(clock: Clock, connection: MasterConnection, deadlineMs: number): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      cancel();
      unsubscribe();
      resolve();
    };
    const cancel = clock.after(Math.max(0, deadlineMs), settle);
    const unsubscribe = connection.subscribe(settle);
  });
}
