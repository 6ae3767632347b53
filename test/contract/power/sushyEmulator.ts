import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type GuardedProcess, startGuarded } from '../../cluster/guardedProcess.ts';
import type { PowerBench } from './powerContract.ts';
import { makeCertificate } from './selfSigned.ts';

/**
 * OpenStack's Redfish emulator with its fake driver: somebody else's reading of the standard. Its reset takes one to
 * eleven seconds, its authentication is Basic, and it tells no serial number. It is installed from PyPI into the
 * checkout's cache once; the version is pinned.
 */
export interface SushyEmulator extends PowerBench {
  stop(): Promise<void>;
}

const version = '2.2.0';
const cacheFolder = join(import.meta.dirname, '../../../.cache/sushy');
const systemUUID = '0b6d9a2c-5f0e-4c6e-9f57-5b7a3f2e1d44';
const userName = 'admin';
const password = 'sushy-secret';

/** Undefined when it can be run here, else why not. */
export function whyNoSushy(): string | undefined {
  const python = spawnSync('python3', ['-m', 'venv', '--help']);
  if (python.error !== undefined) return 'python3 is not installed';
  return python.status === 0 ? undefined : 'python3 has no venv module';
}

export async function startSushy(): Promise<SushyEmulator> {
  const bin = install();
  const folder = mkdtempSync(join(tmpdir(), 'sushy-'));
  const logFile = join(cacheFolder, `${basename(folder)}.log`);
  let emulator: GuardedProcess | undefined;
  const stop = async (): Promise<void> => {
    await emulator?.stop();
    rmSync(folder, { recursive: true, force: true });
    rmSync(logFile, { force: true });
  };
  try {
    const { key, cert, sha256Fingerprint } = await makeCertificate();
    writeFileSync(join(folder, 'key.pem'), key, { mode: 0o600 });
    writeFileSync(join(folder, 'cert.pem'), cert);
    writeFileSync(join(folder, 'users'), `${userName}:${bcrypt(bin)}\n`, { mode: 0o600 });
    const port = await freePort();
    const configFile = join(folder, 'config.py');
    writeFileSync(configFile, config(folder, port));
    const command = join(bin, 'sushy-emulator');
    emulator = startGuarded({
      command,
      args: ['--config', configFile, '--fake'],
      directory: folder,
      logFile,
    });
    await listening(emulator);
    const origin = `https://127.0.0.1:${port}`;
    return {
      access: { origin, systemId: systemUUID, sha256Fingerprint, userName, password },
      serial: '',
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The last file that is written says that the installation is whole; one that broke off is made anew. */
function install(): string {
  const place = join(cacheFolder, version);
  const bin = join(place, 'bin');
  if (existsSync(join(place, 'complete'))) return bin;
  mkdirSync(cacheFolder, { recursive: true });
  rmSync(place, { recursive: true, force: true });
  run('python3', ['-m', 'venv', place]);
  run(join(bin, 'pip'), ['install', '--quiet', '--disable-pip-version-check', `sushy-tools==${version}`]);
  writeFileSync(join(place, 'complete'), version);
  return bin;
}

function bcrypt(bin: string): string {
  const program = `import bcrypt; print(bcrypt.hashpw(b'${password}', bcrypt.gensalt(4)).decode())`;
  return run(join(bin, 'python'), ['-c', program]).trim();
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: 300_000 });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stderr}`);
  return stdout;
}

function config(folder: string, port: number): string {
  return [
    `SUSHY_EMULATOR_LISTEN_IP = '127.0.0.1'`,
    `SUSHY_EMULATOR_LISTEN_PORT = ${port}`,
    `SUSHY_EMULATOR_SSL_CERT = '${join(folder, 'cert.pem')}'`,
    `SUSHY_EMULATOR_SSL_KEY = '${join(folder, 'key.pem')}'`,
    `SUSHY_EMULATOR_AUTH_FILE = '${join(folder, 'users')}'`,
    `SUSHY_EMULATOR_STATE_DIR = '${folder}'`,
    `SUSHY_EMULATOR_FAKE_SYSTEMS = [{'uuid': '${systemUUID}', 'name': 'machine', 'power_state': 'Off', 'nics': []}]`,
    '',
  ].join('\n');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Its web server says so as soon as it listens. */
async function listening(emulator: GuardedProcess): Promise<void> {
  while (!emulator.lastWords().includes('Running on https://')) {
    if (emulator.exitCode() !== undefined) throw new Error(`sushy-emulator ended: ${emulator.lastWords()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
