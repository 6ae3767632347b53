import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exchange } from '../adapters/network/exchange.ts';
import type { Clock } from '../ports/clock.ts';
import type { Network } from '../ports/network.ts';
import type { SteerCommand } from './commands.ts';
import type { LabSheet } from './control.ts';
import type { LabStatus } from './status.ts';
import type { Verdict } from './verdict.ts';

/** A running lab, seen from another process. Every method throws a sentence when the lab does not answer or refuses. */
export interface RemoteLab {
  steer(command: SteerCommand): Promise<string>;
  status(): Promise<LabStatus>;
  verdict(): Promise<Verdict>;
  close(): Promise<void>;
}

export function sheetPath(stateFolder: string): string {
  return join(stateFolder, 'lab.json');
}

/** Throws a sentence when there is no lab in the folder. */
export function readSheet(stateFolder: string): LabSheet {
  try {
    return JSON.parse(readFileSync(sheetPath(stateFolder), 'utf8')) as LabSheet;
  } catch (error) {
    throw new Error(
      `cannot read ${sheetPath(stateFolder)}: start a lab with "kintsugi lab up --state ${stateFolder}" first`,
      { cause: error },
    );
  }
}

export function steerFrom(
  { controlUrl, controlToken }: Pick<LabSheet, 'controlUrl' | 'controlToken'>,
  { network, clock }: { readonly network: Network; readonly clock: Clock },
): RemoteLab {
  const dispatcher = network.open({ origin: controlUrl, trust: { kind: 'plaintext' }, connections: 1 });
  const ask = async <T>(method: 'GET' | 'POST', path: string, body?: SteerCommand): Promise<T> => {
    const reply = await exchange(dispatcher, clock, {
      method,
      path,
      headers: { authorization: `Bearer ${controlToken}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A call to a member that is gone takes as long as XAPI takes over it.
      deadlineMs: body?.verb === 'call' ? 300_000 : 10_000,
    }).catch((error: unknown) => {
      throw new Error(`no lab answers at ${controlUrl}; it lives only as long as "kintsugi lab up" runs`, {
        cause: error,
      });
    });
    const value = JSON.parse(reply.text) as T & { readonly error?: string };
    if (reply.status !== 200) throw new Error(value.error ?? `the lab answered ${reply.status}`);
    return value;
  };
  return {
    steer: async (command) => (await ask<{ readonly said: string }>('POST', '/steer', command)).said,
    status: () => ask<LabStatus>('GET', '/status'),
    verdict: () => ask<Verdict>('GET', '/verdict'),
    close: () => dispatcher.close(),
  };
}
