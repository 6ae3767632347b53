import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { rootCertificates } from 'node:tls';
import type { Cluster, KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../../ports/clock.ts';
import type { Trust } from '../../ports/network.ts';
import { withDeadline } from '../../runtime/deadline.ts';
import { type Connection, CredentialsError, type Endpoint, sameEndpoint } from './connection.ts';

/** A credential plugin that asks a person something nobody sees would hang for ever: client-node sets no limit. */
const pluginDeadlineMs = 60_000;
/** Plugins, token files and OIDC answer from client-node's caches; once a minute is asked whether they changed. */
const askAgainAfterMs = 60_000;

/**
 * A server named by a kubeconfig file, with whatever authentication client-node knows (token, client certificate, exec
 * plugin, OIDC; not `tokenFile`, which it looks for under the name `token-file`), through its public `applyToHTTPSOptions`. After a 401 the file is loaded anew into a
 * new KubeConfig, since the old one would hand out its cached credential until that expires.
 */
export function kubeconfigConnection(options: {
  readonly clock: Clock;
  /** The file; without it what kubectl would use: $KUBECONFIG, then ~/.kube/config. */
  readonly path?: string;
  /** The context; without it the file's current one. */
  readonly context?: string;
}): Connection {
  const { clock } = options;
  let config: KubeConfig | undefined;
  let read: { readonly endpoint: Endpoint; readonly atMs: number } | undefined;
  let underway: Promise<Endpoint> | undefined;

  const readOnce = async (): Promise<Endpoint> => {
    const work = (async () => {
      config ??= await load(options);
      return await endpointOf(config);
    })();
    const fresh = await withDeadline(work, {
      clock,
      deadlineMs: pluginDeadlineMs,
      late: () =>
        new CredentialsError(
          `the kubeconfig's credential plugin gave no answer within ${pluginDeadlineMs / 1000} s: run it by hand to see what it waits for`,
        ),
    });
    const endpoint = read !== undefined && sameEndpoint(read.endpoint, fresh) ? read.endpoint : fresh;
    read = { endpoint, atMs: clock.monotonicMs() };
    return endpoint;
  };
  const readShared = (): Promise<Endpoint> => {
    underway ??= readOnce()
      .catch((error: unknown) => {
        // Whoever mends the file is heard at the next try.
        config = undefined;
        throw error;
      })
      .finally(() => {
        underway = undefined;
      });
    return underway;
  };
  return {
    current: async () =>
      read !== undefined && clock.monotonicMs() - read.atMs < askAgainAfterMs
        ? read.endpoint
        : await readShared(),
    refresh: async (refused) => {
      if (read !== undefined && read.endpoint !== refused) return read.endpoint;
      if (underway === undefined) config = undefined;
      return await readShared();
    },
  };
}

async function load(options: { readonly path?: string; readonly context?: string }): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    if (options.path === undefined) config.loadFromDefault();
    else config.loadFromFile(options.path);
  } catch (error) {
    const file = options.path ?? 'the default kubeconfig';
    const because = error instanceof Error ? error.message : String(error);
    throw new CredentialsError(`${file} cannot be used: ${because}`, error);
  }
  if (options.context !== undefined) config.setCurrentContext(options.context);
  return config;
}

async function endpointOf(config: KubeConfig): Promise<Endpoint> {
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new CredentialsError(
      `the kubeconfig has no context "${config.getCurrentContext()}" with a cluster: set current-context or pass --context`,
    );
  }
  if (cluster.skipTLSVerify) {
    throw new CredentialsError(
      `cluster "${cluster.name}" of the kubeconfig has insecure-skip-tls-verify: who answers would be unknown; give certificate-authority-data instead`,
    );
  }
  if (cluster.proxyUrl !== undefined) {
    throw new CredentialsError(`cluster "${cluster.name}" of the kubeconfig has a proxy-url: not supported`);
  }
  const url = new URL(cluster.server);
  if (url.protocol !== 'https:') {
    throw new CredentialsError(
      `cluster "${cluster.name}" of the kubeconfig is at ${url.origin}: credentials are sent over https only`,
    );
  }
  const wanted: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(wanted);
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    throw new CredentialsError(`the kubeconfig's credentials cannot be obtained: ${because}`, error);
  }
  return {
    origin: url.origin,
    pathPrefix: url.pathname.replace(/\/+$/, ''),
    trust: trustOf(cluster, wanted),
    headers: headersOf(wanted),
  };
}

/** client-node sets no authority for a context without a user, so the cluster's is read here in any case. */
function trustOf(cluster: Cluster, wanted: RequestOptions): Trust {
  const cert = pem(wanted.cert);
  const key = pem(wanted.key);
  return {
    kind: 'authority',
    ca: authorityOf(cluster) ?? rootCertificates.join('\n'),
    ...(cluster.tlsServerName === undefined ? {} : { serverName: cluster.tlsServerName }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function authorityOf(cluster: Cluster): string | undefined {
  if (cluster.caFile !== undefined) return readFileSync(cluster.caFile, 'utf8');
  if (cluster.caData !== undefined) return Buffer.from(cluster.caData, 'base64').toString('utf8');
  return undefined;
}

function pem(value: RequestOptions['cert'] | RequestOptions['key']): string | undefined {
  if (typeof value === 'string' || Buffer.isBuffer(value)) return value.toString();
  return undefined;
}

function headersOf(wanted: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(wanted.headers ?? {})) {
    if (value !== undefined) headers[name.toLowerCase()] = String(value);
  }
  if (typeof wanted.auth === 'string') {
    headers['authorization'] = `Basic ${Buffer.from(wanted.auth).toString('base64')}`;
  }
  return headers;
}
