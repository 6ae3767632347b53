import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Case, createArena } from './arena.ts';
import { type ServerUnderTest, startEmbeddedServer, startRealServer } from './servers.ts';

/**
 * Runs each case against the real kube-apiserver and against the embedded server. Both must satisfy what the case
 * asserts, and beyond that must have answered every request with the same words.
 */
export function runContract(cases: readonly Case[]): void {
  const servers: { real?: ServerUnderTest; embedded?: ServerUnderTest } = {};
  beforeAll(async () => {
    servers.real = await startRealServer();
    servers.embedded = await startEmbeddedServer();
  });
  afterAll(async () => {
    await servers.embedded?.stop();
    await servers.real?.stop();
  });

  for (const [index, rule] of cases.entries()) {
    const inNamespace = { ...rule, namespace: `case-${index + 1}` };
    describe(rule.title, () => {
      let wordsOfTheReal: readonly string[] | undefined;

      test('on kube-apiserver', async () => {
        wordsOfTheReal = await act(inNamespace, servers.real);
      });

      test('on the embedded server, in the same words', async () => {
        const words = await act(inNamespace, servers.embedded);
        expect(words).toEqual(wordsOfTheReal);
      });
    });
  }
}

async function act(
  rule: Case & { readonly namespace: string },
  server: ServerUnderTest | undefined,
): Promise<readonly string[]> {
  if (server === undefined) throw new Error('the server did not start');
  const made = await server.raw.call('POST', '/api/v1/namespaces', {
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: rule.namespace } },
  });
  if (made.status !== 201) throw new Error(`no namespace for the case: ${made.text}`);
  const arena = createArena(server, rule.namespace);
  await rule.run(arena);
  return arena.transcript;
}
