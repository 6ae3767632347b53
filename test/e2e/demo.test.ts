/** The README's first command, as a script sees it: plain lines, and an exit code that can be relied on. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ensureBinaries } from '../cluster/build.ts';
import { describeWithCluster } from '../cluster/describeWithCluster.ts';

const root = join(import.meta.dirname, '..', '..');

function runDemo(
  args: readonly string[],
  kubectl: string,
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'src', 'demo', 'main.ts'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, KUBECTL: kubectl },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

describeWithCluster('npm run demo', () => {
  test('recovers the member, shows plan, proof and timeline, and the oracle finds nothing', {
    timeout: 300_000,
  }, async () => {
    const { kubectl } = await ensureBinaries();
    const { code, output } = await runDemo([], kubectl);
    expect(output).toMatch(/plan [0-9a-f]{16}/);
    expect(output).toContain('fence certificate');
    expect(output).toContain('24 virtual machines run, each exactly once');
    expect(output).toContain('scratch-01');
    expect(output).not.toContain('\u001b[');
    expect(code).toBe(0);
  });

  test('--unsafe shows the corruption that a script without a fence causes, and succeeds because the oracle named it', {
    timeout: 300_000,
  }, async () => {
    const { kubectl } = await ensureBinaries();
    const { code, output } = await runDemo(['--unsafe'], kubectl);
    expect(output).toMatch(/host-3/);
    expect(output).toContain('it has teeth');
    expect(code).toBe(0);
  });
});
