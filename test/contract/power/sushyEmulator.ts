import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  try {
    const { key, cert, sha256Fingerprint } = await makeCertificate();
    writeFileSync(join(folder, 'key.pem'), key, { mode: 0o600 });
    writeFileSync(join(folder, 'cert.pem'), cert);
    writeFileSync(join(folder, 'users'), `${userName}:${bcrypt(bin)}\n`, { mode: 0o600 });
    const port = await freePort();
    writeFileSync(join(folder, 'config.py'), config(folder, port));
    const process = spawn(join(bin, 'sushy-emulator'), ['--config', join(folder, 'config.py'), '--fake'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stop = async (): Promise<void> => {
      await ended(process);
      rmSync(folder, { recursive: true, force: true });
    };
    try {
      await listening(process);
    } catch (error) {
      await stop();
      throw error;
    }
    const access = {
      origin: `https://127.0.0.1:${port}`,
      systemId: systemUUID,
      sha256Fingerprint,
      userName,
      password,
    };
    return { access, serial: '', stop };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Made beside its place and then moved there, so that a broken-off installation is never taken for a whole one. */
function install(): string {
  const place = join(cacheFolder, version);
  const bin = join(place, 'bin');
  if (existsSync(join(place, 'complete'))) return bin;
  mkdirSync(cacheFolder, { recursive: true });
  rmSync(place, { recursive: true, force: true });
  // A virtual environment holds its own absolute path, so it is made in place; the last file says that it is whole.
  run('python3', ['-m', 'venv', place]);
  run(join(bin, 'pip'), ['install', '--quiet', '--disable-pip-version-check', `sushy-tools==${version}`]);
  writeFileSync(join(place, 'complete.part'), version);
  renameSync(join(place, 'complete.part'), join(place, 'complete'));
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

/** Its web server says so on stderr as soon as it listens. */
function listening(process: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      if (said.includes('Running on https://')) resolve();
    };
    process.stderr?.on('data', hear);
    process.stdout?.on('data', hear);
    process.once('error', reject);
    process.once('exit', (code) => reject(new Error(`sushy-emulator ended with ${code}: ${said}`)));
  });
}

function ended(process: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (process.exitCode !== null || process.signalCode !== null) {
      resolve();
      return;
    }
    process.once('exit', () => resolve());
    process.kill('SIGKILL');
  });
}
