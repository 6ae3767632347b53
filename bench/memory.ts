import { readFileSync } from 'node:fs';
import type { VirtualServer } from '../src/api/generated/types.ts';
import { virtualServerKind } from '../src/api/kinds.ts';
import type { Figure } from './figure.ts';
import { namespace, openScene, until } from './scene.ts';

/** Resident memory of `kintsugi operator` when 64 hosts and 4,096 virtual machines are declared, shown and settled. */
export async function memoryFigure(): Promise<readonly Figure[]> {
  const scene = await openScene({
    lab: { members: 64, virtualServers: 4096, localVirtualServers: 0 },
    manifests: { memberTimeoutSeconds: 600 },
  });
  try {
    await until('the status of every VirtualServer', 300_000, async () => {
      const servers = await scene.api.list<VirtualServer>(virtualServerKind, namespace);
      return servers.length === 4096 && servers.every((one) => one.status?.powerState === 'Running');
    });
    await new Promise<void>((resolve) => setTimeout(resolve, 30_000));
    return [
      {
        name: 'memory of kintsugi operator, 64 hosts and 4,096 virtual machines',
        value: residentMB(scene.operator.pid),
        unit: 'MB',
        bar: 200,
      },
    ];
  } finally {
    await scene.close();
  }
}

/** Linux only: elsewhere the figure is not a number. */
export function residentMB(pid: number | undefined): number {
  try {
    const kib = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return (Number(kib) * 1024) / 1e6;
  } catch {
    return Number.NaN;
  }
}
