import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../src/adapters/clock/systemClock.ts';
import { crds } from '../../src/api/generated/crds.ts';
import { type StandaloneApi, startStandaloneApi } from '../../src/standalone/start.ts';
import { quiet, widget, widgetCrd } from './bench.ts';

/**
 * A person's session with kubectl over TLS. What the server answers word by word is compared with a real one in the
 * contract suite; this one needs no Go and runs with whichever kubectl there is.
 */
const built = join(import.meta.dirname, '..', '..', '.cache', 'cluster', 'bin', 'kubectl');
const kubectlPath = process.env['KUBECTL'] ?? (existsSync(built) ? built : 'kubectl');
const missing = spawnSync(kubectlPath, ['version', '--client']).status !== 0;
if (missing && process.env['CI'] === 'true')
  throw new Error('these tests need kubectl: install it or set KUBECTL');
if (missing) process.stderr.write('skipped: "a session with kubectl", because there is no kubectl here\n');

let home = '';
let api: StandaloneApi;

interface Said {
  readonly code: number;
  readonly out: string;
}

function kubectl(line: string, { stdin, editor }: { stdin?: unknown; editor?: string } = {}): Promise<Said> {
  return new Promise((resolve, reject) => {
    const child = spawn(kubectlPath, line.split(' '), {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: home,
        KUBECONFIG: api.kubeconfigPath,
        ...(editor === undefined ? {} : { KUBE_EDITOR: editor }),
      },
      timeout: 30_000,
      killSignal: 'SIGKILL',
    });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        out += chunk;
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 124, out }));
    child.stdin.on('error', () => {});
    child.stdin.end(stdin === undefined ? '' : JSON.stringify(stdin));
  });
}

describe.skipIf(missing)('what the examples declare', () => {
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'kintsugi-kubectl-'));
    const directory = join(home, 'state');
    api = await startStandaloneApi({
      directory,
      port: 0,
      clock: systemClock,
      random: systemRandom,
      log: quiet,
      crds,
    });
  });
  afterAll(async () => {
    await api.close();
    rmSync(home, { recursive: true, force: true });
  });

  it('is unchanged when it is applied again, so that a pipeline sees no drift', async () => {
    const examples = join(
      import.meta.dirname,
      '..',
      '..',
      'manifests',
      'examples',
      'release-member',
      'declarations',
    );
    await kubectl('create namespace tokyo');
    expect((await kubectl(`apply -R -f ${examples}`)).code).toBe(0);
    const again = (await kubectl(`apply -R -f ${examples}`)).out.trim().split('\n');
    // kubectl itself says so of every Secret with stringData, which no server gives back.
    const ours = again.filter((line) => line.includes('kintsugi.dev/'));
    expect(ours.length).toBeGreaterThan(5);
    expect(ours.filter((line) => !line.endsWith(' unchanged'))).toEqual([]);
  });
});

describe.skipIf(missing)('a session with kubectl', () => {
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'kintsugi-kubectl-'));
    api = await startStandaloneApi({
      directory: join(home, 'state'),
      port: 0,
      clock: systemClock,
      random: systemRandom,
      log: quiet,
      crds: [widgetCrd],
    });
  });
  afterAll(async () => {
    await api.close();
    rmSync(home, { recursive: true, force: true });
  });

  it('applies, changes, shows, edits, labels, replaces and deletes an object', async () => {
    const steps: [string, unknown, string][] = [
      ['apply -f -', widget('a'), 'widget.test.example/a created'],
      ['apply -f -', widget('a'), 'widget.test.example/a unchanged'],
      ['apply -f -', widget('a', { size: 5 }), 'widget.test.example/a configured'],
      ['diff -f -', widget('a', { size: 6 }), '+  size: 6'],
      ['apply --dry-run=server -f -', widget('a', { size: 7 }), 'configured (server dry run)'],
      ['get wd', undefined, 'a      5      Small'],
      ['get things -A', undefined, 'default     a      5'],
      ['describe wd a', undefined, 'Size:  5'],
      ['explain widget.spec.size', undefined, 'How big the widget is.'],
      ['patch wd a --type=merge -p {"spec":{"size":8}}', undefined, 'patched'],
      ['patch wd a --type=json -p [{"op":"replace","path":"/spec/size","value":9}]', undefined, 'patched'],
      ['patch wd a --subresource=status --type=merge -p {"status":{"phase":"Up"}}', undefined, 'patched'],
      ['wait --for=jsonpath={.status.phase}=Up wd/a --timeout=10s', undefined, 'condition met'],
      ['label wd a x=y', undefined, 'labeled'],
      ['annotate wd a x=y', undefined, 'annotated'],
      ['get wd -l x=y -o name', undefined, 'widget.test.example/a'],
      ['delete wd a', undefined, 'widget.test.example "a" deleted'],
      ['get wd a', undefined, '(NotFound)'],
    ];
    for (const [line, stdin, expected] of steps) {
      expect((await kubectl(line, { stdin })).out, line).toContain(expected);
    }
  });

  it('edits an object and replaces it, once', async () => {
    await kubectl('create -f -', { stdin: widget('e') });
    const edited = await kubectl('edit wd e', { editor: "sed -i 's/size: 3/size: 4/'" });
    expect(edited.out).toContain('widget.test.example/e edited');
    const read = JSON.parse((await kubectl('get wd e -o json')).out);
    const changed = { ...read, spec: { size: 5 } };
    expect((await kubectl('replace -f -', { stdin: changed })).out).toContain('replaced');
    expect((await kubectl('replace -f -', { stdin: changed })).out).toContain('(Conflict)');
  });

  it('creates secrets, config maps and namespaces, which kubectl sends as protobuf', async () => {
    expect((await kubectl('create namespace n')).out).toBe('namespace/n created\n');
    await kubectl('create secret generic s --from-literal=user=root -n n');
    await kubectl('create configmap c --from-literal=a=b -n n');
    expect((await kubectl('get secret s -n n -o jsonpath={.data.user}')).out).toBe('cm9vdA==');
    expect((await kubectl('get cm c -n n -o jsonpath={.data}')).out).toBe('{"a":"b"}');
    const again = await kubectl('create secret generic s --from-literal=a=b -n n');
    expect(again.out).toContain('already exists');
    expect((await kubectl('create namespace n')).out).toContain('AlreadyExists');
    expect((await kubectl('delete namespace n')).code).toBe(0);
    expect((await kubectl('get secrets,cm -A -o name')).out).toBe('');
  });

  it('is told who it is, that it may, and what there is not', async () => {
    expect((await kubectl('auth whoami')).out).toContain('kintsugi-admin');
    expect((await kubectl('auth can-i delete widgets')).out).toBe('yes\n');
    expect((await kubectl('get deployments')).out).toContain('doesn\'t have a resource type "deployments"');
    const ssa = await kubectl('apply --server-side -f -', { stdin: widget('s') });
    expect(ssa.out).toContain('does not support server-side apply');
  });
});
