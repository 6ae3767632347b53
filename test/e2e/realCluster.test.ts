/**
 * The demo's story on a real kube-apiserver, with a real kubectl: the operator is a process of its own that holds only the
 * token of the ServiceAccount that manifests/ binds, and the lab is another process behind real sockets.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { systemClock } from '../../src/adapters/clock/systemClock.ts';
import type { RecoveryRequest } from '../../src/api/generated/types.ts';
import { type Child, runKintsugi, startKintsugi } from '../../src/demo/children.ts';
import type { LabDocument } from '../../src/lab/document.ts';
import { manifestsOf, releaseRequest } from '../../src/lab/manifests.ts';
import type { Verdict } from '../../src/lab/verdict.ts';
import { describeWithCluster } from '../cluster/describeWithCluster.ts';
import { type Cluster, startCluster } from '../cluster/start.ts';

const namespace = 'default';

describeWithCluster('on a real kube-apiserver', () => {
  let cluster: Cluster;
  let folder: string;
  let lab: Child;
  let operator: Child | undefined;
  let document: LabDocument;

  const kubectl = async (args: readonly string[], stdin?: string): Promise<string> => {
    const { code, stdout, stderr } = await cluster.kubectl(args, {
      deadlineMs: 250_000,
      ...(stdin === undefined ? {} : { stdin }),
    });
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const steer = (...args: readonly string[]): Promise<string> =>
    runKintsugi(['lab', ...args, '--state', join(folder, 'lab')]);

  beforeAll(async () => {
    cluster = await startCluster();
    folder = mkdtempSync(join(tmpdir(), 'kintsugi-e2e-'));
    lab = startKintsugi(
      ['lab', 'up', '--state', join(folder, 'lab'), '--speed', '20'],
      join(folder, 'lab.log'),
      systemClock,
    );
    document = JSON.parse(await lab.whenPrinted((output) => output.endsWith('}\n'))) as LabDocument;
    const token = await cluster.serviceAccountToken('kintsugi-system', 'kintsugi');
    operator = startKintsugi(
      [
        'operator',
        '--kubeconfig',
        cluster.kubeconfigFor(token),
        '--health-address',
        '127.0.0.1',
        '--health-port',
        '0',
      ],
      join(folder, 'operator.log'),
      systemClock,
    );
  });

  afterAll(async () => {
    await operator?.stop();
    await lab?.stop();
    await cluster?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  test('the whole story passes with a ServiceAccount that may do just that', {
    timeout: 300_000,
  }, async () => {
    // Secrets are readable where the Role of manifests/namespace-access is bound, and nowhere else.
    await kubectl(['apply', '--namespace', namespace, '-k', 'manifests/namespace-access']);
    const manifests = manifestsOf(document, { namespace, mode: 'Manual', memberTimeoutSeconds: 10 });
    await kubectl(['apply', '-f', '-'], manifests.map((object) => stringify(object)).join('---\n'));
    await kubectl(['wait', '--for=condition=Ready', 'pool/lab', '--timeout=120s']);

    await steer('partition', 'host-3', 'everyone');
    const request = releaseRequest({ namespace, name: 'release-3', hostName: 'host-3', mode: 'Execute' });
    await kubectl(['apply', '-f', '-'], stringify(request));
    await kubectl(['wait', '--for=jsonpath={.status.phase}=Succeeded', 'rr/release-3', '--timeout=240s']);

    const verdict = JSON.parse(await steer('verdict', '--json')) as Verdict;
    expect(verdict.violations).toEqual([]);
    const local = ['scratch-01', 'scratch-02'];
    const wrong = verdict.virtualMachines.filter(
      (one) => one.runsOn.length !== (local.includes(one.name) ? 0 : 1),
    );
    expect(wrong).toEqual([]);
    expect(
      verdict.harmfulEffects.filter((effect) => effect.kind === 'forceOff').map((one) => one.target),
    ).toEqual(['host-3']);

    const record = JSON.parse(await kubectl(['get', 'rr', 'release-3', '-o', 'json'])) as RecoveryRequest;
    expect(record.status?.journal?.every((entry) => entry.outcome === 'Proven')).toBe(true);
    const events = await kubectl(['events', '--for', 'recoveryrequest/release-3']);
    expect(events).toContain('CutPower');
  });

  test('applying a finished request again does nothing', async () => {
    const before = await kubectl(['get', 'rr', 'release-3', '-o', 'jsonpath={.metadata.resourceVersion}']);
    const request = releaseRequest({ namespace, name: 'release-3', hostName: 'host-3', mode: 'Execute' });
    expect(await kubectl(['apply', '-f', '-'], stringify(request))).toContain('unchanged');
    expect(await kubectl(['get', 'rr', 'release-3', '-o', 'jsonpath={.metadata.resourceVersion}'])).toBe(
      before,
    );
  });

  test('a request for the pool master is refused with the sentence, and nothing is cut', {
    timeout: 120_000,
  }, async () => {
    const request = releaseRequest({ namespace, name: 'host-1-please', hostName: 'host-1', mode: 'Execute' });
    await kubectl(['apply', '-f', '-'], stringify(request));
    await kubectl(['wait', '--for=jsonpath={.status.phase}=Refused', 'rr/host-1-please', '--timeout=60s']);
    const message = await kubectl([
      'get',
      'rr',
      'host-1-please',
      '-o',
      'jsonpath={.status.conditions[?(@.type=="Ready")].message}',
    ]);
    expect(message).toContain('host-1 is the pool master');
    const verdict = JSON.parse(await steer('verdict', '--json')) as Verdict;
    expect(verdict.harmfulEffects.filter((effect) => effect.kind === 'forceOff')).toHaveLength(1);
  });
});
