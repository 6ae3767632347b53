import type { Dispatcher } from 'undici';

/**
 * The one way out of the process. Adapters speak HTTP through undici's public Dispatcher interface; in
 * production it is a Pool of TLS sockets, in a simulation an object that delivers the same bytes under
 * virtual time. Adapters cannot tell which.
 */
export interface Network {
  /** Opens a pool of connections to one origin. The caller closes it. Nothing is sent before the first request. */
  open(peer: Peer): Dispatcher;
  /**
   * Opens a TCP connection and closes it again. Resolves true when the peer accepted, false when it refused, was
   * unreachable or did not answer within the deadline. Never rejects.
   */
  answersTcp(address: string, port: number, deadlineMs: number): Promise<boolean>;
}

export interface Peer {
  /** `https://10.0.0.11:443` or, for a BMC that has nothing better, `http://…`. No path. */
  readonly origin: string;
  readonly trust: Trust;
  /** Most connections open at once; further requests queue. */
  readonly connections: number;
}

/** How the server proves who it is. There is no way to say "anyone". `plaintext` is for http origins alone. */
export type Trust =
  | { readonly kind: 'pin'; readonly sha256Fingerprint: string }
  | {
      readonly kind: 'authority';
      readonly ca: string;
      readonly serverName?: string;
      readonly cert?: string;
      readonly key?: string;
    }
  | { readonly kind: 'plaintext' };
