import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { RecoveryRequest } from '../src/api/generated/types.ts';
import { recoveryRequestKind } from '../src/api/kinds.ts';
import { releaseRequest } from '../src/lab/manifests.ts';
import type { Figure } from './figure.ts';
import { create, isReady, namespace, openScene, until } from './scene.ts';

export const scripted = {
  startMs: 1_500,
  declareDeadMs: 500,
  resetMs: 10,
  forceOffMs: 3_000,
  forwardedCallMs: 1_000,
  guardContactMs: 10,
} as const;
export const startsAtOncePerHost = 4;
const betweenOffReadingsMs = 10_000;

export type Status = NonNullable<RecoveryRequest['status']>;

/** From the decision to the last virtual machine read back, over real sockets, less what the scripted latencies alone take. */
export async function overheadFigure(): Promise<readonly Figure[]> {
  const scene = await openScene({
    lab: { members: 4, virtualServers: 400, localVirtualServers: 0, latencies: scripted, speed: 1 },
    manifests: { memberTimeoutSeconds: 15, startsAtOncePerHost },
  });
  try {
    await until('Ready', 120_000, () => isReady(scene.api));
    steer(scene.labFolder, 'partition', 'host-3', 'everyone');
    await create(
      scene.api,
      releaseRequest({ namespace, name: 'bench', hostName: 'host-3', mode: 'Execute' }),
    );
    let status: Status | undefined;
    await until('the recovery', 300_000, async () => {
      const request = await scene.api.read<RecoveryRequest>(recoveryRequestKind, {
        namespace,
        name: 'bench',
      });
      status = request?.status;
      return status?.phase === 'Succeeded' || status?.phase === 'Failed';
    });
    if (status?.phase !== 'Succeeded') throw new Error(`the recovery ended as ${status?.phase}`);
    const momentMs = (moment: string): number =>
      Date.parse(status?.moments?.find(({ name }) => name === moment)?.at ?? '');
    const tookMs = momentMs('recoveredAt') - momentMs('decidedAt');
    const criticalMs = criticalPathMs(status);
    if (process.env['BENCH_JOURNAL'] !== undefined)
      process.stderr.write(`${JSON.stringify([status.moments, status.journal], undefined, 1)}\n`);
    const machines = status.items?.length ?? 0;
    return [
      {
        name: `recovery of ${machines} virtual machines: time above the critical path of ${(criticalMs / 1000).toFixed(1)} s`,
        value: (tookMs - criticalMs) / 1000,
        unit: 's',
        bar: 1,
      },
    ];
  } finally {
    await scene.close();
  }
}

/**
 * What the recovery would take if everything but the scripted latencies were free: the power going off, the ten seconds
 * between the readings, the release, and per order the fullest host's rounds of starts and the delay after it.
 */
export function criticalPathMs(status: Status): number {
  const { forceOffMs, declareDeadMs, guardContactMs, resetMs } = scripted;
  // The master tries to reach a member before it declares it dead, and again before it resets each of its machines.
  const machines = status.items?.length ?? 0;
  const releaseMs = guardContactMs + machines * (guardContactMs + resetMs) + declareDeadMs;
  let total = forceOffMs + betweenOffReadingsMs + releaseMs;
  const orders = Map.groupBy(status.items ?? [], (machine) => machine.order ?? 0);
  const last = Math.max(...orders.keys());
  for (const [order, machines] of orders) {
    const perHost = [...Map.groupBy(machines, (machine) => machine.host).values()];
    const rounds = Math.max(...perHost.map((onOne) => Math.ceil(onOne.length / startsAtOncePerHost)));
    const delaySeconds =
      order === last ? 0 : Math.max(...machines.map((machine) => machine.delaySeconds ?? 0));
    total += rounds * scripted.startMs + delaySeconds * 1000;
  }
  return total;
}

function steer(labFolder: string, ...args: readonly string[]): void {
  const executable = join(import.meta.dirname, '..', 'bin', 'kintsugi.cjs');
  const run = spawnSync(process.execPath, [executable, 'lab', ...args, '--state', labFolder], {
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(run.stderr);
}
