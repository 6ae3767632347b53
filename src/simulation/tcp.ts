import type { Owner } from './owner.ts';
import { keyedUniform } from './random.ts';
import type { Wire } from './wire.ts';

/** As the real one: true from a listener, false from a closed port, and false at the deadline from a cut network. */
export function answersTcp(options: {
  readonly wire: Wire;
  readonly owner: Owner;
  readonly address: string;
  readonly port: number;
  readonly deadlineMs: number;
}): Promise<boolean> {
  const { wire, owner, address, port, deadlineMs } = options;
  const bare = tcpOrigin(address, port);
  const name = `${owner.name} ${bare} knock`;
  const { minMs, maxMs } = wire.latency;
  const tripMs = minMs + (maxMs - minMs) * keyedUniform(wire.seed, `${wire.count(name)} ${name}`);
  const startMs = wire.scheduler.nowMs;
  return new Promise((resolve) => {
    const settle = (answered: boolean): void => {
      wire.note(`${name} ${answered ? 'answered' : 'not answered'}`);
      resolve(answered);
    };
    wire.scheduler.after(Math.min(tripMs, deadlineMs), owner, () => {
      const listener = wire.listeners.at(bare);
      const origin = listener?.origin ?? bare;
      if (tripMs <= deadlineMs && wire.reachable(owner.name, origin)) settle(listener !== undefined);
      else wire.scheduler.after(startMs + deadlineMs - wire.scheduler.nowMs, owner, () => settle(false));
    });
  });
}

export function tcpOrigin(address: string, port: number): string {
  return `tcp://${address.includes(':') ? `[${address}]` : address}:${port}`;
}
