import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteStore } from '../../src/standalone/storage/sqliteStore.ts';
import type { Change, Store } from '../../src/standalone/storage/store.ts';
import { createBench, type Reply, widget, widgets } from './bench.ts';

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'kintsugi-durability-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Starts a writer on the store, kills it without warning after some acknowledged writes, and returns their names. */
function killedWriter(path: string, round: number): Promise<readonly string[]> {
  const program = join(import.meta.dirname, 'writerProcess.ts');
  const child = spawn(process.execPath, [program, path, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      if (output.split('\n').length > 200 + round * 37) child.kill('SIGKILL');
    });
    child.once('close', () => resolve(output.split('\n').slice(0, -1)));
  });
}

const big = (name: string): Change => ({
  type: 'ADDED',
  key: { resource: 'r', namespace: 'n', name },
  render: (version) => JSON.stringify({ name, version, text: 'x'.repeat(50_000) }),
});
const names = (store: Store): readonly string[] => {
  const page = store.page({ resource: 'r', at: store.version(), limit: 9999 });
  return page === 'expired' ? [] : page.map(({ name }) => name);
};

describe('what has been acknowledged', () => {
  it('is there after the process was killed in the middle of its writes, again and again', async () => {
    const path = join(folder(), 'store.sqlite');
    const acknowledged: string[] = [];
    for (let round = 0; round < 4; round++) acknowledged.push(...(await killedWriter(path, round)));
    const store = openSqliteStore({ path });
    onTestFinished(() => store.close());
    const page = store.page({ resource: 'test.example/widgets', at: store.version(), limit: 99_999 });
    const found = new Set(page === 'expired' ? [] : page.map(({ name }) => name));
    expect(acknowledged.length).toBeGreaterThan(800);
    expect(acknowledged.filter((name) => !found.has(name))).toEqual([]);
    // At most one write per kill was on the disk and not yet acknowledged.
    expect(found.size - acknowledged.length).toBeLessThanOrEqual(4);
    const log = store.history({ resource: 'test.example/widgets', after: 0, limit: 99_999 });
    expect(log).toHaveLength(found.size);
    // A thousand writes, each of them waited for until it is on the disk: how long a slow disk takes is no verdict.
  }, 300_000);

  it('survives a store that has reached its limit, until something is deleted', async () => {
    const path = join(folder(), 'store.sqlite');
    const at = createBench({ path, maxBytes: 1 << 20, maxHistoryBytes: 100_000 });
    onTestFinished(() => at.close());
    const blob = { free: { blob: 'x'.repeat(40_000) } };
    const made: string[] = [];
    let refused: Reply | undefined;
    for (let index = 0; refused === undefined && index < 100; index++) {
      const reply = await at.call('POST', widgets, { body: widget(`w${index}`, blob) });
      if (reply.status === 201) made.push(`w${index}`);
      else refused = reply;
    }
    expect([refused?.status, refused?.json.kind]).toEqual([507, 'Status']);
    expect(refused?.json.message).toContain('nothing was written');
    expect(refused?.json.message).toContain('its limit of 1 MiB');
    const listed = async (): Promise<string[]> =>
      (await at.call('GET', widgets)).json.items.map(
        (item: { metadata: { name: string } }) => item.metadata.name,
      );
    expect(new Set(await listed())).toEqual(new Set(made));
    expect(made.length).toBeGreaterThan(5);
    expect((await at.call('DELETE', `${widgets}/w0`)).status).toBe(200);
    expect((await at.call('POST', widgets, { body: widget('again', blob) })).status).toBe(201);
  });

  it('survives a full disk, which refuses the write and nothing else', ({ skip }) => {
    const mounted = smallDisk();
    if (mounted.path === undefined) {
      if (process.env['CI'] === 'true')
        throw new Error(`a full disk cannot be made here: ${mounted.because}`);
      process.stderr.write(`skipped: "survives a full disk", because ${mounted.because}\n`);
      skip(mounted.because);
      return;
    }
    const path = join(mounted.path, 'store.sqlite');
    const store = openSqliteStore({ path });
    onTestFinished(() => store.close());
    const written: string[] = [];
    let refused: ReturnType<Store['commit']> | undefined;
    for (let index = 0; refused === undefined && index < 1000; index++) {
      const name = `o${String(index).padStart(3, '0')}`;
      const committed = store.commit([big(name)]);
      if (committed.kind === 'refused') refused = committed;
      else written.push(name);
    }
    expect(refused).toMatchObject({ because: expect.stringContaining('the disk is full') });
    expect(written.length).toBeGreaterThan(5);
    expect(names(store)).toEqual(written);
    expect(store.commit([big('again')])).toMatchObject({ kind: 'refused' });

    rmSync(join(mounted.path, 'ballast'));
    expect(store.commit([big('later')])).toMatchObject({ kind: 'written' });
    store.close();
    const reopened = openSqliteStore({ path });
    expect(names(reopened)).toEqual(['later', ...written]);
    reopened.close();
  });
});

/** A file system of 8 MiB with a ballast of 3 MiB on it, where one can be mounted (as root, outside most containers). */
function smallDisk(): { readonly path: string } | { readonly path: undefined; readonly because: string } {
  const path = join(folder(), 'disk');
  mkdirSync(path);
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', path]);
  if (mount.status !== 0 || statSync(path).dev === statSync(join(path, '..')).dev) {
    const said = mount.error?.message ?? mount.stderr.toString().trim();
    return { path: undefined, because: `a small file system cannot be mounted here: ${said}` };
  }
  onTestFinished(() => void spawnSync('umount', ['-l', path]));
  writeFileSync(join(path, 'ballast'), Buffer.alloc(3 << 20));
  return { path };
}
