import { readFileSync } from 'node:fs';
import type { Clock } from '../../ports/clock.ts';
import type { Trust } from '../../ports/network.ts';

/**
 * Where the API server is and what to show it. Three ways to know: told outright (standalone, tests), the files that
 * Kubernetes mounts into a pod (here), and a kubeconfig (kubeconfig.ts, the only one that loads client-node: its
 * import costs 80 MB of memory).
 */
export interface Connection {
  /** The endpoint to use now. Cheap; reads again what may have changed on disk. Throws CredentialsError. */
  current(): Promise<Endpoint>;
  /**
   * Called when `refused` was answered with 401. Fetches fresh credentials once, however many callers ask, unless
   * that has happened since `refused` was handed out.
   */
  refresh(refused: Endpoint): Promise<Endpoint>;
}

export interface Endpoint {
  readonly origin: string;
  /** Put before each path; some proxies serve an API server below `/k8s/clusters/c-1`. Empty, or no slash at its end. */
  readonly pathPrefix: string;
  readonly trust: Trust;
  /** Lower-case names; carries the Authorization. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The credentials cannot be read or are not acceptable. The message says what to do. */
export class CredentialsError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CredentialsError';
  }
}

/** A server whose address, authority and token are known. A new token needs a new connection. */
export function explicitConnection(told: {
  readonly origin: string;
  readonly caPem: string;
  readonly token: string;
}): Connection {
  const endpoint: Endpoint = {
    origin: told.origin,
    pathPrefix: '',
    trust: { kind: 'authority', ca: told.caPem },
    headers: { authorization: `Bearer ${told.token}` },
  };
  return { current: async () => endpoint, refresh: async () => endpoint };
}

const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Mounted tokens are replaced about an hour before they expire; client-go reads them again each minute too. */
const rereadAfterMs = 60_000;

/**
 * The ServiceAccount that Kubernetes mounts into a pod. Token and authority are read again when they are a minute
 * old and after a 401, since the kubelet rotates both in place.
 */
export function inClusterConnection(options: {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where `token` and `ca.crt` are; the kubelet's place unless told. */
  readonly directory?: string;
}): Connection {
  const { clock, env } = options;
  const directory = options.directory ?? serviceAccountDirectory;
  const origin = serviceOrigin(env);
  let read: { readonly endpoint: Endpoint; readonly atMs: number } | undefined;
  const readAgain = (): Endpoint => {
    const fresh: Endpoint = {
      origin,
      pathPrefix: '',
      trust: { kind: 'authority', ca: mounted(directory, 'ca.crt') },
      headers: { authorization: `Bearer ${mounted(directory, 'token').trim()}` },
    };
    const endpoint = read !== undefined && sameEndpoint(read.endpoint, fresh) ? read.endpoint : fresh;
    read = { endpoint, atMs: clock.monotonicMs() };
    return endpoint;
  };
  return {
    current: async () => {
      if (read !== undefined && clock.monotonicMs() - read.atMs < rereadAfterMs) return read.endpoint;
      return readAgain();
    },
    refresh: async (refused) =>
      read !== undefined && read.endpoint !== refused ? read.endpoint : readAgain(),
  };
}

export function sameEndpoint(one: Endpoint, other: Endpoint): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function serviceOrigin(env: Readonly<Record<string, string | undefined>>): string {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT_HTTPS'] ?? env['KUBERNETES_SERVICE_PORT'] ?? '443';
  if (host === undefined || host === '') {
    throw new CredentialsError(
      'KUBERNETES_SERVICE_HOST is not set, so this does not run in a Kubernetes pod: name a kubeconfig with --kubeconfig',
    );
  }
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function mounted(directory: string, file: string): string {
  try {
    return readFileSync(`${directory}/${file}`, 'utf8');
  } catch (error) {
    throw new CredentialsError(
      `${directory}/${file} cannot be read: give the pod a ServiceAccount and leave automountServiceAccountToken on`,
      error,
    );
  }
}
