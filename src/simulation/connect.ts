import type { Peer } from '../ports/network.ts';
import { handshakeFailure, type Listener } from './listeners.ts';
import type { Owner } from './owner.ts';
import { keyedUniform } from './random.ts';
import type { Wire } from './wire.ts';
import { connectionRefused, connectTimedOut } from './wireErrors.ts';

const connectTimeoutMs = 10_000;
/** When the kernel sends its first packet again, counted from the start; then the connector has given up. */
const retriesMs = [1_000, 3_000, 7_000];

/**
 * Opens a connection as TCP and the connector of the real network do: a cut network is tried until the connect
 * timeout, a closed port is refused at once, and the certificate decides before anything is sent.
 */
export function connect(
  { wire, owner, peer }: { readonly wire: Wire; readonly owner: Owner; readonly peer: Peer },
  done: (outcome: Listener | Error) => void,
): void {
  const name = `${owner.name} ${peer.origin} connect`;
  const nth = wire.count(name);
  const { minMs, maxMs } = wire.latency;
  const tripMs = minMs + (maxMs - minMs) * keyedUniform(wire.seed, `${nth} ${name}`);
  const startMs = wire.scheduler.nowMs;
  const waits = [...retriesMs, connectTimeoutMs];
  const finish = (outcome: Listener | Error): void => {
    if (outcome instanceof Error) wire.note(`${name} ! ${outcome.message}`);
    done(outcome);
  };
  const attempt = (): void => {
    if (!wire.reachable(owner.name, peer.origin)) {
      const nextMs = waits.shift();
      if (nextMs === undefined) finish(connectTimedOut(peer.origin));
      else wire.scheduler.after(startMs + nextMs - wire.scheduler.nowMs, owner, attempt);
      return;
    }
    const listener = wire.listeners.at(peer.origin);
    if (listener === undefined) finish(connectionRefused(peer.origin));
    else finish(handshakeFailure(peer, listener) ?? listener);
  };
  wire.scheduler.after(tripMs, owner, attempt);
}
