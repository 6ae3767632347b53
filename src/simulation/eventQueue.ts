import type { Owner } from './owner.ts';

export interface QueuedEvent {
  readonly atMs: number;
  readonly owner: Owner;
  readonly run: () => void;
}

/**
 * The events to come. They leave in the order of their time; at one instant the owners take turns in an order that
 * `rank` draws, and events of one owner keep the order in which they were queued, as the timers of one process do.
 */
export interface EventQueue {
  add(event: QueuedEvent): () => void;
  /** The next event whose owner is alive; those of dead owners are dropped on the way. */
  peek(): QueuedEvent | undefined;
  take(): QueuedEvent | undefined;
  readonly size: number;
}

interface Entry extends QueuedEvent {
  run: () => void;
  readonly order: number;
  state: 'waiting' | 'cancelled' | 'left';
}

export function createEventQueue(rank: (ownerName: string, atMs: number) => number): EventQueue {
  let heap: Entry[] = [];
  let cancelled = 0;
  let order = 0;

  const before = (left: Entry, right: Entry): boolean => {
    if (left.atMs !== right.atMs) return left.atMs < right.atMs;
    if (left.owner.name !== right.owner.name) {
      return rank(left.owner.name, left.atMs) < rank(right.owner.name, right.atMs);
    }
    return left.order < right.order;
  };
  const push = (entry: Entry): void => {
    let hole = heap.length;
    heap.push(entry);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = heap[parent] as Entry;
      if (!before(entry, above)) break;
      heap[hole] = above;
      hole = parent;
    }
    heap[hole] = entry;
  };
  const pop = (): void => {
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      if (!before(heap[child] as Entry, last)) break;
      heap[hole] = heap[child] as Entry;
      hole = child;
    }
    heap[hole] = last;
  };
  // Deadlines are nearly always cancelled long before they are due, and would else fill the queue.
  const sweep = (): void => {
    const kept = heap.filter((entry) => entry.state === 'waiting');
    heap = [];
    cancelled = 0;
    for (const entry of kept) push(entry);
  };
  const leave = (entry: Entry): void => {
    if (entry.state === 'cancelled') cancelled--;
    entry.state = 'left';
    pop();
  };
  const first = (): Entry | undefined => {
    for (;;) {
      const next = heap[0];
      if (next === undefined || (next.state === 'waiting' && next.owner.alive)) return next;
      leave(next);
    }
  };
  return {
    add: ({ atMs, owner, run }) => {
      const entry: Entry = { atMs, owner, run, order: order++, state: 'waiting' };
      push(entry);
      return () => {
        if (entry.state !== 'waiting') return;
        entry.state = 'cancelled';
        // What it would have run holds a whole request; the entry itself stays until it is swept or due.
        entry.run = cancelledRun;
        cancelled++;
        if (cancelled > 1_000 && cancelled > heap.length / 2) sweep();
      };
    },
    peek: first,
    take: () => {
      const next = first();
      if (next !== undefined) leave(next);
      return next;
    },
    get size() {
      return heap.length - cancelled;
    },
  };
}

function cancelledRun(): void {}
