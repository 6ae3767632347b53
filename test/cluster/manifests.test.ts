import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { describeWithCluster } from './describeWithCluster.ts';
import { createRawApi, type RawApi } from './rawApi.ts';
import { hostUUID, pool, recoveryRequest } from './samples.ts';
import { type Cluster, mustSucceed, startCluster } from './start.ts';

const root = join(import.meta.dirname, '..', '..');
const own = 'kintsugi-system';

test('the kinds that kubectl apply -k installs are all the kinds there are', () => {
  const named = parse(readFileSync(join(root, 'crds/kustomization.yaml'), 'utf8')).resources;
  const there = readdirSync(join(root, 'crds')).filter((file) => file !== 'kustomization.yaml');
  expect(new Set(named)).toEqual(new Set(there));
});

test('the image that the Deployment names has the version of package.json', () => {
  const { images } = parse(readFileSync(join(root, 'manifests/kustomization.yaml'), 'utf8'));
  const { version } = parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(images).toEqual([{ name: 'kintsugi', newTag: version }]);
});

describeWithCluster('manifests/', () => {
  let cluster: Cluster;
  let asOperator: string;
  let operatorApi: RawApi;

  beforeAll(async () => {
    cluster = await startCluster();
    cleanUps.push(cluster.stop);
    const token = await cluster.serviceAccountToken(own, 'kintsugi');
    asOperator = cluster.kubeconfigFor(token);
    operatorApi = createRawApi({ ...cluster, token });
    cleanUps.push(operatorApi.close);
    await mustSucceed(cluster.kubectl, ['create', 'namespace', 'pools']);
    await applyAsAdmin(pool('east'), 'pools');
  });
  const cleanUps: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  });

  const applyAsAdmin = (object: unknown, namespace: string) =>
    mustSucceed(cluster.kubectl, ['apply', '-f', '-', '-n', namespace], { stdin: JSON.stringify(object) });

  const apply = (object: unknown, ...args: readonly string[]) =>
    cluster.kubectl(['apply', '-f', '-', '-n', 'pools', ...args], { stdin: JSON.stringify(object) });

  test('change nothing when they are applied again, so that a pipeline sees no drift', async () => {
    const again = await mustSucceed(cluster.kubectl, ['apply', '-k', join(root, 'manifests')]);
    const lines = again.stdout.trim().split('\n');
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter((line) => !line.endsWith(' unchanged'))).toEqual([]);
  });

  test('the operator may do exactly this and nothing else', async () => {
    const rightsIn = async (namespace: string) => {
      const reply = await operatorApi.call('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectRulesReview',
          spec: { namespace },
        },
      });
      const rules = (reply.json as { status: { resourceRules: Rule[] } }).status.resourceRules;
      return new Set(rules.flatMap(sentencesOf));
    };
    const everywhere = [
      'create events.k8s.io/events',
      'patch events.k8s.io/events',
      ...['hosts', 'pools', 'recoveryrequests', 'virtualservers'].flatMap((kind) => [
        `get kintsugi.dev/${kind}`,
        `list kintsugi.dev/${kind}`,
        `watch kintsugi.dev/${kind}`,
        `update kintsugi.dev/${kind}/status`,
      ]),
      // Every account may ask what it may do.
      'create authentication.k8s.io/selfsubjectreviews',
      'create authorization.k8s.io/selfsubjectaccessreviews',
      'create authorization.k8s.io/selfsubjectrulesreviews',
    ];
    const leases = 'coordination.k8s.io/leases';
    const lease = [`create ${leases}`, `get ${leases} named kintsugi`, `update ${leases} named kintsugi`];
    expect(await rightsIn('pools')).toEqual(new Set(everywhere));
    expect(await rightsIn(own)).toEqual(new Set([...everywhere, ...lease, 'get /secrets']));
  });

  test('the operator writes a status, and is refused a spec, a new object and a deletion', async () => {
    const at = '/apis/kintsugi.dev/v1alpha1/namespaces/pools/pools';
    const before = (await operatorApi.call('GET', `${at}/east`)).json as Record<string, unknown>;
    const written = await operatorApi.call('PUT', `${at}/east/status`, {
      body: { ...before, status: { observedGeneration: 1 } },
    });
    expect(written.status).toBe(200);
    expect(written.json).toMatchObject({ status: { observedGeneration: 1 } });

    const refused = [
      await operatorApi.call('PUT', `${at}/east`, { body: written.json }),
      await operatorApi.call('PATCH', `${at}/east`, { body: { spec: { mode: 'Manual' } } }),
      await operatorApi.call('POST', at, { body: pool('west') }),
      await operatorApi.call('DELETE', `${at}/east`),
    ];
    expect(refused.map((reply) => reply.status)).toEqual([403, 403, 403, 403]);
    const after = await operatorApi.call('GET', `${at}/east`);
    expect(after.json).toMatchObject({ spec: { mode: 'Observe' } });
  });

  test('the operator reads a Secret by name where that was granted, and lists none anywhere', async () => {
    const read = (...args: readonly string[]) =>
      cluster.kubectl(['get', 'secret', ...args], { kubeconfig: asOperator });
    await mustSucceed(cluster.kubectl, ['create', 'namespace', 'granted']);
    for (const namespace of ['pools', 'granted', own]) {
      await mustSucceed(cluster.kubectl, ['create', 'secret', 'generic', 'login', '-n', namespace]);
    }

    expect((await read('login', '-n', own)).code).toBe(0);
    expect((await read('login', '-n', 'granted')).stderr).toContain('Forbidden');
    const grant = ['apply', '-n', 'granted', '-k', join(root, 'manifests/namespace-access')];
    await mustSucceed(cluster.kubectl, grant);

    await until(async () => (await read('login', '-n', 'granted')).code === 0);
    expect((await read('login', '-n', 'pools')).stderr).toContain('Forbidden');
    for (const namespace of ['pools', 'granted', own]) {
      expect((await read('-n', namespace)).stderr).toContain('cannot list resource "secrets"');
    }
  });

  test('a Pod of the Deployment is admitted by the restricted standard, and a looser one is not', async () => {
    const documents = parseAllDocuments(readFileSync(join(root, 'manifests/deployment.yaml'), 'utf8'));
    const { template } = documents[0]!.toJS().spec;
    const admitted = (spec: unknown) =>
      cluster.kubectl(['create', '--dry-run=server', '-n', own, '-f', '-'], {
        stdin: JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one' }, spec }),
      });
    expect((await admitted(template.spec)).stderr).toBe('');

    const [container] = template.spec.containers;
    expect(container.securityContext.readOnlyRootFilesystem).toBe(true);
    const looser = { ...container.securityContext, capabilities: {} };
    const refused = await admitted({
      ...template.spec,
      containers: [{ ...container, securityContext: looser }],
    });
    expect(refused.stderr).toContain('violates PodSecurity "restricted');
  });

  describe('the policy of signed statements', () => {
    const approval = (by: string) => ({ approval: { planHash: 'sha256-0', by } });
    const attestation = (by: string) => ({
      statement: 'I pulled both power cords',
      hostUUID,
      by,
      at: '2026-11-22T03:00:00Z',
      validForSeconds: 600,
    });
    const as = (user: string) => ['--as', user];

    beforeAll(async () => {
      const subjects = ['--user=alice', '--user=bob', '--user=argo'];
      await mustSucceed(cluster.kubectl, [
        ...['create', 'clusterrole', 'people', '--verb=get,list,create,patch,update'],
        '--resource=recoveryrequests.kintsugi.dev',
      ]);
      const binding = ['create', 'clusterrolebinding', 'people', '--clusterrole=people', ...subjects];
      await mustSucceed(cluster.kubectl, binding);
      // The API server takes a new policy into use some seconds after it was created.
      const probe = recoveryRequest('probe', approval('somebody-else'));
      await until(async () => (await apply(probe, '--dry-run=server', ...as('alice'))).code !== 0);
    });

    test('an approval in the name of another is refused with the sentence, and under the own name it passes', async () => {
      const refused = await apply(recoveryRequest('a', approval('bob')), ...as('alice'));
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('spec.approval.by must be your own user name, alice, not bob');
      expect((await apply(recoveryRequest('a', approval('alice')), ...as('alice'))).stderr).toBe('');
    });

    test('not even an administrator approves in the name of another', async () => {
      const refused = await apply(recoveryRequest('b', approval('bob')));
      expect(refused.stderr).toContain('spec.approval.by must be your own user name, admin, not bob');
      expect((await apply(recoveryRequest('b', approval('admin')))).code).toBe(0);
    });

    test('an approval that was given stays when another person changes something else', async () => {
      expect((await apply(recoveryRequest('c', approval('alice')), ...as('alice'))).code).toBe(0);
      const cancelled = recoveryRequest('c', { ...approval('alice'), cancel: true });
      expect((await apply(cancelled, ...as('bob'))).stderr).toBe('');
      const renewed = recoveryRequest('c', { approval: { planHash: 'sha256-1', by: 'alice' }, cancel: true });
      expect((await apply(renewed, ...as('bob'))).stderr).toContain('your own user name, bob, not alice');
    });

    test('an attestation is added only under the own name, and beside those of others', async () => {
      const first = recoveryRequest('d', { attestations: [attestation('alice')] });
      expect((await apply(first, ...as('alice'))).code).toBe(0);
      const both = (by: string) =>
        recoveryRequest('d', { attestations: [attestation('alice'), attestation(by)] });
      const refused = await apply(both('carol'), ...as('bob'));
      expect(refused.stderr).toContain('spec.attestations[].by must be your own user name, bob');
      expect((await apply(both('bob'), ...as('bob'))).stderr).toBe('');
    });

    test('a pipeline that the policy names passes with the names that it claims', async () => {
      const refused = await apply(recoveryRequest('e', approval('alice')), ...as('argo'));
      expect(refused.stderr).toContain('spec.approval.by must be your own user name, argo, not alice');
      const patch = [{ op: 'replace', path: '/spec/variables/0/expression', value: "['argo']" }];
      const policy = ['validatingadmissionpolicy', 'kintsugi-signed-statements'];
      await mustSucceed(cluster.kubectl, ['patch', ...policy, '--type=json', '-p', JSON.stringify(patch)]);
      await until(
        async () => (await apply(recoveryRequest('e', approval('alice')), ...as('argo'))).code === 0,
      );
      expect((await apply(recoveryRequest('f', approval('alice')), ...as('bob'))).code).toBe(1);
    });
  });
});

interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
}

function sentencesOf(rule: Rule): readonly string[] {
  const names = rule.resourceNames === undefined ? '' : ` named ${rule.resourceNames.join(',')}`;
  return rule.verbs.flatMap((verb) =>
    rule.apiGroups.flatMap((group) =>
      rule.resources.map((resource) => `${verb} ${group}/${resource}${names}`),
    ),
  );
}

/** RBAC and policies take effect when the server's own watches have seen them. The test's timeout is the limit. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await wait(100);
}
