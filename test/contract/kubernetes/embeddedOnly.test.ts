import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithCluster } from '../../cluster/describeWithCluster.ts';
import { pool } from '../../cluster/samples.ts';
import { refusal } from './arena.ts';
import { type ServerUnderTest, startEmbeddedServer } from './servers.ts';

/**
 * What the embedded server does not serve, on purpose, where a cluster does. Each gets an exit code of 1 and a sentence
 * that says so; nothing half works.
 */
const notServed: readonly {
  readonly what: string;
  readonly args: readonly string[];
  readonly stdin?: unknown;
  readonly says: string;
}[] = [
  {
    what: 'server-side apply of a new object',
    args: ['apply', '--server-side', '-f', '-'],
    stdin: pool('fresh'),
    says: 'does not support server-side apply',
  },
  {
    what: 'server-side apply of an object that is there',
    args: ['apply', '--server-side', '-f', '-'],
    stdin: pool('here'),
    says: 'does not support server-side apply',
  },
  {
    what: 'a dry run of server-side apply',
    args: ['apply', '--server-side', '--dry-run=server', '-f', '-'],
    stdin: pool('here'),
    says: 'does not support server-side apply',
  },
  { what: 'Pods', args: ['get', 'pods'], says: 'the server doesn\'t have a resource type "pods"' },
  {
    what: 'Deployments',
    args: ['create', 'deployment', 'web', '--image=web'],
    says: 'is not served here. This is the embedded API server of kintsugi, which has namespaces, secrets',
  },
  {
    what: 'ServiceAccounts and their tokens',
    args: ['create', 'token', 'default'],
    says: 'is not served here',
  },
  { what: 'a list of rights', args: ['auth', 'can-i', '--list'], says: 'is not served here' },
  {
    what: 'CustomResourceDefinitions',
    args: ['apply', '-f', '-'],
    stdin: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'bananas.kintsugi.dev' },
    },
    says: 'no matches for kind "CustomResourceDefinition"',
  },
  {
    what: 'scaling',
    args: ['scale', 'pool/here', '--replicas=2'],
    says: 'the server could not find the requested resource',
  },
  { what: 'other users by impersonation', args: ['get', 'pools', '--as', 'bob'], says: 'impersonat' },
];

describeWithCluster('what the embedded server does not serve, and says so', () => {
  const servers: { embedded?: ServerUnderTest } = {};
  const server = (): ServerUnderTest => {
    if (servers.embedded === undefined) throw new Error('the server did not start');
    return servers.embedded;
  };

  beforeAll(async () => {
    servers.embedded = await startEmbeddedServer();
    await server().kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(pool('here')) });
  });
  afterAll(async () => {
    await servers.embedded?.stop();
  });

  for (const { what, args, stdin, says } of notServed) {
    test(what, async () => {
      const before = await server().kubectl(['get', 'kintsugi', '-A', '-o', 'json']);
      const given = stdin === undefined ? {} : { stdin: JSON.stringify(stdin) };
      const result = await server().kubectl(args, given);
      expect(result.code).toBe(1);
      expect(result.stderr).toContain(says);
      expect(await server().kubectl(['get', 'kintsugi', '-A', '-o', 'json'])).toEqual(before);
    });
  }

  test('a namespace takes everything in it along when it is deleted, and at once', async () => {
    const { kubectl } = server();
    await kubectl(['create', 'namespace', 'gone']);
    await kubectl(['apply', '-n', 'gone', '-f', '-'], { stdin: JSON.stringify(pool('inside')) });
    expect((await kubectl(['delete', 'namespace', 'gone'])).code).toBe(0);
    expect((await kubectl(['get', 'pools', '-n', 'gone', '-o', 'name'])).stdout).toBe('');
    expect((await kubectl(['delete', 'namespace', 'default'])).stderr).toContain('(Forbidden)');
  });

  test('a plain request for what is not served gets a Status with the list of what is', async () => {
    const reply = await server().raw.call('GET', '/apis/apps/v1/deployments');
    expect(refusal(reply)).toEqual({ code: 404, reason: 'NotFound', fields: [] });
    expect(reply.text).toContain('recoveryrequests.kintsugi.dev');
  });
});
