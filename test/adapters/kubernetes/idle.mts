import { systemClock as clock, systemRandom as random } from '../../../src/adapters/clock/systemClock.ts';
import { explicitConnection } from '../../../src/adapters/kubernetes/connection.ts';
import { runElection } from '../../../src/adapters/kubernetes/lease.ts';
import { openStore } from '../../../src/adapters/kubernetes/store.ts';
import { createTransport } from '../../../src/adapters/kubernetes/transport.ts';
import { createSocketNetwork } from '../../../src/adapters/network/sockets.ts';
import { hostKind, poolKind, recoveryRequestKind, virtualServerKind } from '../../../src/api/kinds.ts';
import { startCluster } from '../../cluster/start.ts';

const log = { debug() {}, info: console.log, warn: console.log, error: console.log };
const c = await startCluster();
const transport = createTransport({
  connection: explicitConnection({ ...c, token: c.adminToken }),
  network: createSocketNetwork(),
  clock,
  random,
  userAgent: 'idle',
});
const stores = [hostKind, poolKind, recoveryRequestKind, virtualServerKind].map((kind) =>
  openStore({ transport, clock, random, log, kind }),
);
const election = runElection({
  transport,
  clock,
  random,
  log,
  at: { namespace: 'default', name: 'x' },
  holderName: 'x',
});
for (let i = 0; i < 14; i++) {
  await new Promise((r) => setTimeout(r, 30000));
  console.log(
    i * 30 + 30,
    JSON.stringify(transport.counters()),
    stores.map((s) => [Math.round(s.status().heardAgoMs! / 1000), s.status().failures].join('/')).join(' '),
  );
}
await election.stop();
await Promise.all(stores.map((s) => s.stop()));
await transport.close();
await c.stop();
