import { join } from 'node:path';
import type { Clock, Random } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { type Served, serveTls } from '../wire/serve.ts';
import { type ApiServer, createApiServer } from './serving/apiServer.ts';
import { openSqliteStore, type SqliteStoreOptions } from './storage/sqliteStore.ts';
import {
  keptTlsIdentity,
  keptToken,
  kubeconfigText,
  makePrivate,
  prepareDirectory,
  writePrivately,
} from './storage/stateDirectory.ts';
import type { Store } from './storage/store.ts';

export interface StandaloneApiOptions {
  /** Holds everything: objects, certificate, token, kubeconfig. Made at the first start; one process at a time. */
  readonly directory: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Loopback when not given: whoever has the token may read every secret. */
  readonly address?: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** CustomResourceDefinitions as parsed from their files. */
  readonly crds: readonly unknown[];
  /** How large the store and its log of changes may grow. */
  readonly limits?: Omit<SqliteStoreOptions, 'path'>;
}

export interface StandaloneApi {
  /** For kubectl and other clients on this machine. */
  readonly origin: string;
  readonly kubeconfigPath: string;
  /** The server's own certificate, which clients are to trust. */
  readonly caPem: string;
  readonly token: string;
  /** Forgets the log of changes, as after a long time: watches and pages from before are refused. */
  compact(): void;
  /** Ends all watches and connections and lets go of the directory. */
  close(): Promise<void>;
}

/**
 * Starts the embedded API server over TLS. Rejects with a sentence when another process has the directory, the port is
 * taken, or a CRD cannot be served; nothing is left open then.
 */
export async function startStandaloneApi(options: StandaloneApiOptions): Promise<StandaloneApi> {
  const { directory, address = '127.0.0.1' } = options;
  prepareDirectory(directory);
  // The store comes first: it is what refuses a second process.
  const path = join(directory, 'store.sqlite');
  makePrivate(path);
  const store = openSqliteStore({ path, ...options.limits });
  const opened: { api?: ApiServer; served?: Served } = {};
  const close = async (): Promise<void> => {
    opened.api?.close();
    await opened.served?.close();
    store.close();
  };
  try {
    return await serve({ ...options, address, store, opened, close });
  } catch (error) {
    await close();
    throw error;
  }
}

async function serve(
  options: StandaloneApiOptions & {
    readonly address: string;
    readonly store: Store;
    readonly opened: { api?: ApiServer; served?: Served };
    readonly close: () => Promise<void>;
  },
): Promise<StandaloneApi> {
  const { directory, clock, random, log, address, store, opened } = options;
  const tls = await keptTlsIdentity(directory, { address, wallMs: clock.wallMs() });
  const token = keptToken(directory);
  const user = { name: 'kintsugi-admin', groups: ['system:masters', 'system:authenticated'] };
  opened.api = createApiServer({
    store,
    clock,
    random,
    log,
    crds: options.crds,
    tokens: [{ token, user }],
  });
  opened.served = await serveTls(opened.api.handle, {
    address,
    port: options.port,
    ...tls,
    // More than the server takes, which refuses what is too long in a Status.
    maxBodyBytes: 8 * 1024 * 1024,
    log,
  });
  const origin = reachableOrigin(address, opened.served);
  const kubeconfigPath = join(directory, 'kubeconfig');
  writePrivately(kubeconfigPath, kubeconfigText(origin, { cert: tls.cert, token }));
  log.info('the embedded API server listens', { origin, kubeconfig: kubeconfigPath });
  return { origin, kubeconfigPath, caPem: tls.cert, token, compact: store.compact, close: options.close };
}

/** A server that listens on every address is reached from here over loopback. */
function reachableOrigin(address: string, served: Served): string {
  if (address === '0.0.0.0') return `https://127.0.0.1:${served.port}`;
  return address === '::' ? `https://[::1]:${served.port}` : served.origin;
}
