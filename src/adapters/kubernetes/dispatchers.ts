import type { Dispatcher } from 'undici';
import type { Network } from '../../ports/network.ts';
import type { Endpoint } from './connection.ts';

const requestConnections = 8;
/** A watch holds its connection for as long as it lasts; more watches than this would wait for one another. */
const watchConnections = 32;

/**
 * The connections to the API server, opened when first needed and opened anew when the endpoint's address or
 * certificates have changed. A new token alone changes nothing here: it is a header.
 */
export interface Dispatchers {
  forRequests(endpoint: Endpoint): Dispatcher;
  forWatches(endpoint: Endpoint): Dispatcher;
  close(): Promise<void>;
}

export function createDispatchers(network: Network): Dispatchers {
  let open: { readonly key: string; readonly requests: Dispatcher; readonly watches: Dispatcher } | undefined;
  const retired = new Set<Promise<void>>();
  let closed = false;

  const retire = (dispatcher: Dispatcher): void => {
    // Resolves when what it carries has ended; a watch on it ends at its own time limit.
    const ended = dispatcher.close().catch(() => {});
    retired.add(ended);
    ended.then(
      () => retired.delete(ended),
      () => {},
    );
  };

  const forEndpoint = (endpoint: Endpoint) => {
    if (closed) throw new Error('the transport to the API server is closed, and something still sends');
    const { origin, trust } = endpoint;
    const key = JSON.stringify([origin, trust]);
    if (open?.key === key) return open;
    if (open !== undefined) {
      retire(open.requests);
      retire(open.watches);
    }
    open = {
      key,
      requests: network.open({ origin, trust, connections: requestConnections }),
      watches: network.open({ origin, trust, connections: watchConnections }),
    };
    return open;
  };

  return {
    forRequests: (endpoint) => forEndpoint(endpoint).requests,
    forWatches: (endpoint) => forEndpoint(endpoint).watches,
    close: async () => {
      closed = true;
      if (open === undefined) return;
      const { requests, watches } = open;
      open = undefined;
      await Promise.all([requests.destroy(), watches.destroy()]);
    },
  };
}
