import { crc32 } from 'node:zlib';
import type { Interpose } from './faults.ts';
import type { Flight } from './flight.ts';
import type { ListenerTable, Reachable } from './listeners.ts';
import type { Owner } from './owner.ts';
import type { Scheduler } from './scheduler.ts';

export interface Latency {
  readonly minMs: number;
  readonly maxMs: number;
}

/** What all connections of one simulated world share. */
export interface Wire {
  readonly seed: number;
  readonly scheduler: Scheduler;
  /** Owns what happens between the machines: a packet under way belongs to nobody who could die. */
  readonly world: Owner;
  readonly latency: Latency;
  readonly reachable: Reachable;
  readonly listeners: ListenerTable;
  readonly flights: Set<Flight>;
  readonly interpose: Interpose;
  readonly label: (request: {
    readonly method: string;
    readonly path: string;
    readonly body: string;
  }) => string;
  /** How often this was asked before with the same name. */
  readonly count: (name: string) => number;
  readonly note: (line: string) => void;
}

/** How long the kernel sends an unacknowledged packet again, while someone waits for it and when nobody does. */
export const retransmission = { waitedForMs: 924_000, orphanedMs: 100_000 };

export interface Parcel {
  readonly from: string;
  readonly origin: string;
  readonly delayMs: number;
  /** As whom `arrive` and `lost` run; nothing runs when that owner is dead by then. */
  readonly as: Owner;
  readonly giveUpMs: () => number;
  readonly arrive: () => void;
  readonly lost: () => void;
}

/**
 * Carries something from one machine to another as TCP does: what meets a cut connection is sent again at growing
 * intervals, and so arrives late when the cut heals. An effect may reach its target minutes after its sender gave up.
 */
export function carry(wire: Wire, parcel: Parcel): void {
  let waitedMs = 0;
  let pauseMs = 200;
  const attempt = (): void => {
    if (wire.reachable(parcel.from, parcel.origin)) {
      parcel.arrive();
      return;
    }
    if (waitedMs >= parcel.giveUpMs()) {
      parcel.lost();
      return;
    }
    waitedMs += pauseMs;
    wire.scheduler.after(pauseMs, parcel.as, attempt);
    pauseMs = Math.min(2 * pauseMs, 120_000);
  };
  wire.scheduler.after(parcel.delayMs, parcel.as, attempt);
}

/** Length and checksum, so that two transcripts are equal only if the bytes were. */
export function digestOf(bytes: Uint8Array): string {
  return `${bytes.length} bytes ${crc32(bytes).toString(16)}`;
}
