import type { TransportError } from '../adapters/network/transportError.ts';
import { pinMismatch } from '../adapters/network/trust.ts';
import type { Peer } from '../ports/network.ts';
import type { HttpHandler } from '../wire/http.ts';
import type { Owner } from './owner.ts';
import { notTls, untrustedAuthority } from './wireErrors.ts';

export interface ListenOptions {
  /** Who listens; the listener dies with it. Default: the world, which never dies. */
  readonly owner?: Owner;
  /** SHA-256 of the certificate it shows; a pinned peer is compared with it. */
  readonly sha256Fingerprint?: string;
  /** The authority (PEM) that signed its certificate; a peer that trusts an authority is compared with it. */
  readonly authority?: string;
}

export interface Listener {
  readonly origin: string;
  readonly handler: HttpHandler;
  readonly owner: Owner;
  readonly options: ListenOptions;
  readonly open: boolean;
  /** Stops listening and breaks its connections. */
  close(): void;
}

/** Who listens where, one listener per address and port, whatever its scheme. */
export interface ListenerTable {
  /** Throws when the address is in use, or when the owner is dead. */
  listen(origin: string, handler: HttpHandler, options: ListenOptions & { readonly owner: Owner }): Listener;
  at(origin: string): Listener | undefined;
  /** The name of who listens there, or listened last: a dead process's machine still has its cables. */
  machineAt(origin: string): string | undefined;
  closeAllOf(owner: Owner): void;
}

export function createListenerTable(onClosed: (listener: Listener) => void): ListenerTable {
  const open = new Map<string, Listener>();
  const machines = new Map<string, string>();
  return {
    listen: (origin, handler, options) => {
      const endpoint = endpointOf(origin);
      const { owner } = options;
      if (open.has(endpoint)) throw new Error(`${endpoint} is in use: close its listener first`);
      if (!owner.alive) throw new Error(`${owner.name} was killed and cannot listen on ${endpoint}`);
      const listener: Listener = {
        origin,
        handler,
        owner,
        options,
        get open() {
          return open.get(endpoint) === listener;
        },
        close: () => {
          if (open.get(endpoint) !== listener) return;
          open.delete(endpoint);
          onClosed(listener);
        },
      };
      open.set(endpoint, listener);
      machines.set(endpoint, owner.name);
      return listener;
    },
    at: (origin) => open.get(endpointOf(origin)),
    machineAt: (origin) => machines.get(endpointOf(origin)),
    closeAllOf: (owner) => {
      for (const listener of [...open.values()]) if (listener.owner === owner) listener.close();
    },
  };
}

/** Who may talk to whom: false from any predicate means that not a packet passes, in either direction. */
export type Reachable = (fromOwner: string, origin: string) => boolean;

/** Address and port of an origin, with the scheme's own port where none is written. */
function endpointOf(origin: string): string {
  const url = new URL(origin);
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;
}

/** What a connector would say to the certificate that this listener shows. */
export function handshakeFailure(peer: Peer, listener: Listener): TransportError | undefined {
  const { trust, origin } = peer;
  if (trust.kind === 'plaintext') return undefined;
  if (!listener.origin.startsWith('https:')) return notTls();
  if (trust.kind === 'pin') {
    return pinMismatch(origin, trust.sha256Fingerprint, listener.options.sha256Fingerprint);
  }
  return listener.options.authority === trust.ca ? undefined : untrustedAuthority();
}
