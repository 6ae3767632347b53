/** Resident memory of `kintsugi operator` for what it keeps in its caches alone: 5,000 objects of 1.4 kB. */
import type { VirtualServer } from '../src/api/generated/types.ts';
import { virtualServerKind } from '../src/api/kinds.ts';
import type { KubernetesObject } from '../src/ports/kubernetes.ts';
import type { Figure } from './figure.ts';
import { residentMB } from './memory.ts';
import { namespace, openOperatorScene, until } from './scene.ts';

const objects = 5_000;
const bytesOfAnObject = 1_400;
/** Long enough for the garbage of the start to be collected, as it is in any operator that has run for a while. */
const settlesMs = 30_000;

export async function cachedObjectsFigure(): Promise<readonly Figure[]> {
  const scene = await openOperatorScene(Array.from({ length: objects }, (_, index) => serverNumber(index)));
  try {
    let bytes = 0;
    await until('the status of every VirtualServer', 120_000, async () => {
      const servers = await scene.api.list<VirtualServer>(virtualServerKind, namespace);
      bytes = servers.reduce((sum, one) => sum + JSON.stringify(one).length, 0) / servers.length;
      return servers.length === objects && servers.every(({ status }) => status?.conditions !== undefined);
    });
    await new Promise<void>((resolve) => setTimeout(resolve, settlesMs));
    return [
      {
        name: `memory of kintsugi operator, ${objects} objects of ${Math.round(bytes)} bytes cached`,
        value: residentMB(scene.operator.pid),
        unit: 'MB',
        bar: 130,
      },
    ];
  } finally {
    await scene.close();
  }
}

/** Of a Pool that is not there: nothing is asked of the network. Filled up by what people note on their objects. */
function serverNumber(index: number): KubernetesObject {
  const object = {
    apiVersion: 'kintsugi.dev/v1alpha1',
    kind: 'VirtualServer',
    metadata: {
      name: `vm-${index}`,
      namespace,
      labels: { 'app.kubernetes.io/part-of': `service-${index % 50}` },
      annotations: { 'example.com/note': '' },
    },
    spec: {
      poolRef: { name: `pool-${index % 10}` },
      vmUUID: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      powerState: 'Running',
    },
  };
  // What the server and the operator add: uid, versions, times, and the status of a VirtualServer whose Pool is not known.
  const added = 397;
  const note = 'x'.repeat(bytesOfAnObject - added - JSON.stringify(object).length);
  object.metadata.annotations['example.com/note'] = note;
  return object as KubernetesObject;
}
