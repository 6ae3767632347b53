import { createHeap } from './heap.ts';
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
}

interface Entry extends QueuedEvent {
  run: () => void;
  readonly order: number;
  state: 'waiting' | 'cancelled' | 'left';
}

export function createEventQueue(rank: (ownerName: string, atMs: number) => number): EventQueue {
  const heap = createHeap<Entry>((left, right) => {
    if (left.atMs !== right.atMs) return left.atMs < right.atMs;
    if (left.owner.name !== right.owner.name) {
      return rank(left.owner.name, left.atMs) < rank(right.owner.name, right.atMs);
    }
    return left.order < right.order;
  });
  let cancelled = 0;
  let order = 0;

  const leave = (entry: Entry): void => {
    if (entry.state === 'cancelled') cancelled--;
    entry.state = 'left';
    heap.removeFirst();
  };
  const first = (): Entry | undefined => {
    for (;;) {
      const next = heap.first();
      if (next === undefined || (next.state === 'waiting' && next.owner.alive)) return next;
      leave(next);
    }
  };
  return {
    add: ({ atMs, owner, run }) => {
      const entry: Entry = { atMs, owner, run, order: order++, state: 'waiting' };
      heap.add(entry);
      return () => {
        if (entry.state !== 'waiting') return;
        entry.state = 'cancelled';
        // What it would have run holds a whole request; the entry itself stays until it is swept or due.
        entry.run = cancelledRun;
        cancelled++;
        if (cancelled <= 1_000 || cancelled <= heap.size() / 2) return;
        // Deadlines are nearly always cancelled long before they are due, and would else fill the queue.
        heap.keep((kept) => kept.state === 'waiting');
        cancelled = 0;
      };
    },
    peek: first,
    take: () => {
      const next = first();
      if (next !== undefined) leave(next);
      return next;
    },
  };
}

function cancelledRun(): void {}
