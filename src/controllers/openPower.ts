import type { Host } from '../api/generated/types.ts';
import type { Clock } from '../ports/clock.ts';
import type { OpenRedfish, PowerDevice, RedfishAccess } from '../ports/power.ts';
import { namespaceOf } from './cluster.ts';
import { createPowerWatch, type PowerWatch } from './powerWatch.ts';
import { type Accounts, settledAccountMs, troubledAccountMs } from './secrets.ts';

export interface OpenedPower {
  readonly key: string;
  readonly watch: PowerWatch;
}

/** Opens the power ladder of a Host, or keeps the one that is open when nothing about it changed. */
export async function openPower(
  host: Host,
  before: OpenedPower | undefined,
  options: {
    readonly accounts: Accounts;
    readonly openRedfish: OpenRedfish;
    readonly clock: Clock;
    readonly onChange: () => void;
  },
): Promise<OpenedPower> {
  const trouble = before?.watch.unknownBecause() !== undefined;
  const maxAgeMs = trouble ? troubledAccountMs : settledAccountMs;
  const accesses: RedfishAccess[] = [];
  const problems: string[] = [];
  for (const rung of host.spec.power ?? []) {
    if (rung.redfish === undefined) continue;
    const name = rung.redfish.credentialsSecretRef.name;
    const account = await options.accounts.read({ namespace: namespaceOf(host), name }, maxAgeMs);
    if ('because' in account) {
      problems.push(account.because);
      continue;
    }
    accesses.push({
      origin: rung.redfish.url,
      sha256Fingerprint: rung.redfish.tls.sha256Fingerprint,
      ...(rung.redfish.systemId === undefined ? {} : { systemId: rung.redfish.systemId }),
      ...(rung.redfish.answersWithinSeconds === undefined
        ? {}
        : { answersWithinMs: rung.redfish.answersWithinSeconds * 1000 }),
      ...account,
    });
  }
  const key = JSON.stringify([accesses, problems]);
  if (before?.key === key) return before;
  before?.watch.stop();
  const devices: readonly PowerDevice[] = accesses.map(options.openRedfish);
  const watch = createPowerWatch({
    clock: options.clock,
    devices,
    unopened: problems.length > 0 ? problems.join(' ') : undefined,
    onChange: options.onChange,
  });
  return { key, watch };
}
