import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { describeWithCluster } from './describeWithCluster.ts';
import { startGuarded } from './guardedProcess.ts';
import { startCluster } from './start.ts';

describeWithCluster('the cluster of the tests', () => {
  test('serves the release that it says, with the kinds installed, and leaves neither process nor file', async () => {
    const cluster = await startCluster();
    onTestFinished(cluster.stop);
    const version = await cluster.kubectl(['version', '--output=json']);
    const versions = JSON.parse(version.stdout);
    expect(versions.clientVersion.gitVersion).toBe('v1.36.3');
    expect(versions.serverVersion.gitVersion).toBe('v1.36.3');
    const kinds = await cluster.kubectl(['api-resources', '--categories=kintsugi', '--output=name']);
    expect(kinds.stdout.trim().split('\n')).toEqual([
      'hosts.kintsugi.dev',
      'pools.kintsugi.dev',
      'recoveryrequests.kintsugi.dev',
      'virtualservers.kintsugi.dev',
    ]);

    await cluster.stop();

    expect(existsSync(cluster.adminKubeconfig)).toBe(false);
    const after = await cluster.kubectl(['get', '--raw', '/readyz'], { kubeconfig: '/nowhere' });
    expect(after.code).not.toBe(0);
    await expect(fetch(`${cluster.etcdOrigin}/health`)).rejects.toThrow();
  });
});

test('a server of the tests dies, and its folder goes, when the process that started it is killed', async () => {
  const outside = mkdtempSync(join(tmpdir(), 'kintsugi-guard-'));
  onTestFinished(() => rmSync(outside, { recursive: true, force: true }));
  const inside = mkdtempSync(join(outside, 'data-'));
  const starter = `
    import { startGuarded } from ${JSON.stringify(join(import.meta.dirname, 'guardedProcess.ts'))};
    startGuarded({ command: 'sh', args: ['-c', 'echo $$; exec sleep 600'], directory: ${JSON.stringify(inside)},
      logFile: ${JSON.stringify(join(outside, 'log'))} });
    setInterval(() => {}, 1000);
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', starter], { stdio: 'ignore' });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const pid = await eventually(async () => {
    const { readFileSync } = await import('node:fs');
    return Number(readFileSync(join(outside, 'log'), 'utf8')) || undefined;
  });
  expect(isAlive(pid)).toBe(true);

  parent.kill('SIGKILL');

  await eventually(() => !isAlive(pid) && !existsSync(inside));
});

test('a server that ends by itself is noticed, with its last words', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kintsugi-guard-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const server = startGuarded({
    command: 'sh',
    args: ['-c', 'echo no room; exit 3'],
    directory: join(directory, 'data'),
    logFile: join(directory, 'log'),
  });
  onTestFinished(server.stop);
  expect(await eventually(() => server.exitCode())).toBe(3);
  expect(server.lastWords()).toContain('no room');
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Asks until the answer is neither undefined, false nor an error; the test's own timeout is the limit. */
async function eventually<T>(ask: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== null && answer !== false) return answer;
    } catch {
      // Not yet.
    }
    await wait(50);
  }
}
