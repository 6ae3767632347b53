import type { Lease } from '../../../src/adapters/kubernetes/leaseObject.ts';
import type { ApiRequest } from '../../../src/adapters/kubernetes/transport.ts';
import { KubernetesError } from '../../../src/ports/kubernetes.ts';
import { createScriptedTransport, refusal, type ScriptedTransport } from './scriptedTransport.ts';

/** What may happen to one request, instead of the ordinary. */
export type LeaseFault =
  /** Never arrives; the client is told that the connection was refused. */
  | 'refuse'
  /** Is applied, and the reply is lost. */
  | 'loseReply'
  /** Is not applied, and the client cannot know. */
  | 'loseRequest';

/** One lease in a store with resource versions, as the API server would keep it, and any number of clients. */
export interface FakeLeaseServer {
  lease(): Lease | undefined;
  remove(): void;
  /** Somebody else writes: an annotation, another holder. */
  write(change: (lease: Lease) => Lease): void;
  /** A client of its own, with faults of its own. */
  client(fault?: (request: ApiRequest) => LeaseFault | undefined): ScriptedTransport;
}

export function createFakeLeaseServer(): FakeLeaseServer {
  let stored: Lease | undefined;
  let version = 0;
  const store = (lease: Lease): Lease => {
    version += 1;
    const uid = stored?.metadata.uid ?? `uid-${version}`;
    stored = { ...lease, metadata: { ...lease.metadata, uid, resourceVersion: String(version) } };
    return structuredClone(stored);
  };
  const apply = (request: ApiRequest): unknown => {
    if (request.verb === 'create') {
      if (stored !== undefined) throw refusal(409, 'AlreadyExists');
      return store(valid(request.body));
    }
    if (stored === undefined) throw refusal(404, 'NotFound');
    if (request.verb === 'get') return structuredClone(stored);
    const wanted = valid(request.body);
    if (wanted.metadata.resourceVersion !== stored.metadata.resourceVersion) throw refusal(409, 'Conflict');
    return store(wanted);
  };
  return {
    lease: () => stored,
    remove: () => {
      stored = undefined;
    },
    write: (change) => {
      if (stored !== undefined) store(change(stored));
    },
    client: (fault = () => undefined) => {
      const transport = createScriptedTransport();
      transport.answer = (request) => {
        const broken = fault(request);
        if (broken === undefined) return apply(request);
        if (broken === 'loseReply') apply(request);
        throw new KubernetesError(broken, {
          reason: 'connection reset',
          mayHaveArrived: broken !== 'refuse' && request.verb !== 'get',
        });
      };
      return transport;
    },
  };
}

/** The rule of the API server that times have six digits; three are answered with 400. */
function valid(body: unknown): Lease {
  const lease = structuredClone(body) as Lease;
  for (const time of [lease.spec?.acquireTime, lease.spec?.renewTime]) {
    if (time !== undefined && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(time)) {
      throw refusal(400, 'BadRequest');
    }
  }
  return lease;
}
