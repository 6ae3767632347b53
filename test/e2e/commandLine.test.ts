import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/systemClock.ts';
import { version } from '../../src/commandLine/version.ts';
import { startKintsugi } from '../../src/demo/children.ts';

const root = join(import.meta.dirname, '..', '..');
const executable = join(root, 'bin', 'kintsugi.cjs');
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function kintsugi(...args: readonly string[]): {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
} {
  const run = spawnSync(process.execPath, [executable, ...args], { encoding: 'utf8' });
  return { code: run.status, out: run.stdout, err: run.stderr };
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-cli-'));
  folders.push(folder);
  return folder;
}

test('an older Node is told in a sentence what is needed, and nothing is started', () => {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '20.20.2' }); require(${JSON.stringify(executable)});`;
  const run = spawnSync(process.execPath, ['-e', pretend], { encoding: 'utf8' });
  expect(run.status).toBe(1);
  expect(run.stderr).toContain('kintsugi needs Node 24 or newer, and this is Node 20.20.2.');
});

test('--version is that of the package', () => {
  const packageVersion = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string })
    .version;
  expect(version).toBe(packageVersion);
  expect(kintsugi('--version').out.trim()).toBe(packageVersion);
});

test('help names every command, and each command has help of its own', () => {
  const { out } = kintsugi('--help');
  for (const command of ['operator', 'standalone', 'lab']) {
    expect(out).toContain(command);
    expect(kintsugi(command, '--help').code).toBe(0);
  }
});

test.each([
  [['operator', '--health-port', '99999'], 'A port is a number from 0 to 65535.'],
  [['standalone'], '--state <dir>'],
  [['recover'], "unknown command 'recover'"],
  [['operator', '--kubeconfig', '/nowhere/at/all'], '/nowhere/at/all'],
])('kintsugi %j is refused with a sentence', { timeout: 60_000 }, async (args, sentence) => {
  // An operator that cannot read its kubeconfig goes on trying, since the file may come; it says so meanwhile.
  const child = spawn(process.execPath, [executable, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let err = '';
  const said = new Promise<void>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      err += chunk;
      if (err.includes(sentence)) resolve();
    });
    child.on('close', () => resolve());
  });
  await said;
  child.kill('SIGKILL');
  expect(err).toContain(sentence);
});

test('a second process on the same directory is refused with a sentence, and the first one goes on', {
  timeout: 60_000,
}, async () => {
  const folder = newFolder();
  const state = join(folder, 'state');
  const first = startKintsugi(
    ['standalone', '--state', state, '--port', '0'],
    join(folder, 'first.log'),
    systemClock,
  );
  try {
    await first.whenPrinted((output) => output.includes('get kintsugi'));
    const second = kintsugi('standalone', '--state', state, '--port', '0');
    expect(second.code).toBe(1);
    expect(second.err).toMatch(/kintsugi: .*another process/i);
    expect(second.err).not.toContain('at Object.');
  } finally {
    await first.stop();
  }
});
