/** What the start of an operator costs for each object that is declared, at two sizes: the ratio shows whether it grows. */
import type { Host } from '../src/api/generated/types.ts';
import { hostKind } from '../src/api/kinds.ts';
import type { KubernetesObject } from '../src/ports/kubernetes.ts';
import { createWorld, namespace } from '../test/sim/world.ts';
import type { Figure } from './figure.ts';

const small = 800;
const large = 8_000;
const hostsOfAPool = 16;

export async function startFigure(): Promise<readonly Figure[]> {
  // The first world warms the program up, and counts for nothing.
  await cpuPerHostMs(small);
  const before = await cpuPerHostMs(small);
  const after = await cpuPerHostMs(large);
  return [
    {
      name: `start of the operator: CPU per Host at ${large} ÷ at ${small} (${before.toFixed(2)} ms each)`,
      value: after / before,
      unit: '',
      bar: 1.3,
    },
  ];
}

/** From the start until each Host shows a status: lists, caches, one look and one write for each; the API server's part too. */
async function cpuPerHostMs(hosts: number): Promise<number> {
  const world = createWorld({ lab: { members: 3, virtualServers: 3, localVirtualServers: 0 } });
  await world.run(async () => {
    for (let index = 0; index < hosts; index++) await world.create(hostNumber(index));
  });
  const from = process.cpuUsage();
  world.startOperator();
  const shown = await world.until(async () => {
    const last = (await world.api.read<Host>(hostKind, { namespace, name: `host-${hosts - 1}` }))?.status;
    return last?.conditions !== undefined;
  });
  if (!shown) throw new Error('the last Host shows no status');
  await world.pass(5_000);
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000 / hosts;
}

/** Of a Pool that is not there: nothing is asked of the network, and what is measured is the operator's own work. */
function hostNumber(index: number): KubernetesObject {
  const number = String(index).padStart(12, '0');
  return {
    apiVersion: 'kintsugi.dev/v1alpha1',
    kind: 'Host',
    metadata: { name: `host-${index}`, namespace },
    spec: {
      poolRef: { name: `pool-${Math.floor(index / hostsOfAPool)}` },
      hostUUID: `00000000-0000-4000-8000-${number}`,
      address: `host-${index}.example`,
      serial: `SN-${number}`,
      tls: { sha256Fingerprint: Array.from({ length: 32 }, () => 'AB').join(':') },
      power: [
        {
          redfish: {
            url: `https://bmc-${index}.example`,
            credentialsSecretRef: { name: 'bmc' },
            tls: { sha256Fingerprint: Array.from({ length: 32 }, () => 'CD').join(':') },
          },
        },
      ],
    },
  } as KubernetesObject;
}
