import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { Clock, Random } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { serveHttp } from '../wire/serve.ts';
import type { LabOptions } from './lab.ts';
import { createControlServer, type LabSheet, sheetPath } from './remote.ts';
import { type ServedLab, serveLab } from './sockets.ts';

export interface LabUpOptions extends Omit<LabOptions, 'clock' | 'places'> {
  /** Holds lab.json and nothing else; the world lives in memory. */
  readonly stateFolder: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Told about bugs of the lab's servers. */
  readonly log: Log;
}

export interface RunningLab extends ServedLab {
  readonly sheet: LabSheet;
}

/** Starts a lab behind real sockets with its control server, and writes lab.json, which only its owner can read. */
export async function labUp(options: LabUpOptions): Promise<RunningLab> {
  const { stateFolder, ...rest } = options;
  const { random, log } = rest;
  const served = await serveLab(rest);
  const token = Array.from({ length: 8 }, () => Math.floor(random.next() * 2 ** 32).toString(36)).join('');
  try {
    const where = { address: '127.0.0.1', port: 0, log };
    const control = await serveHttp(createControlServer(served, token), where);
    const sheet: LabSheet = { ...served.lab.document, controlUrl: control.origin, controlToken: token };
    mkdirSync(stateFolder, { recursive: true });
    writeSheet(stateFolder, sheet);
    return {
      ...served,
      sheet,
      close: async () => {
        rmSync(sheetPath(stateFolder), { force: true });
        await control.close();
        await served.close();
      },
    };
  } catch (error) {
    await served.close();
    throw error;
  }
}

function writeSheet(stateFolder: string, sheet: LabSheet): void {
  const path = sheetPath(stateFolder);
  // A file that exists keeps its mode, so an old one goes first.
  rmSync(path, { force: true });
  writeFileSync(path, `${JSON.stringify(sheet, undefined, 2)}\n`, { mode: 0o600 });
}
