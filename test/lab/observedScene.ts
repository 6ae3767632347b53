/** The world in which a fact about XAPI is asked, one row for each fact, and how rows are held against the lab. */
import { expect, test } from 'vitest';
import { createSimulatedLab, type SimulatedLab } from './simulatedLab.ts';

export interface Scene {
  readonly world: SimulatedLab;
  /** Of the master. */
  readonly session: string;
  /** References. */
  readonly host: (name: string) => string;
  readonly vm: (name: string) => string;
  readonly address: (name: string) => string;
  readonly password: string;
  /** A session of slave_local_login_with_password. */
  readonly localAt: (host: string) => Promise<string>;
  /** Of db-02, which runs on host-2. */
  readonly disk: string;
  readonly pool: string;
}

export interface Fact {
  readonly seen: string;
  /** What is so before it is asked. */
  readonly given?: (scene: Scene) => unknown;
  readonly at?: string;
  readonly method: string;
  readonly params: (scene: Scene) => readonly unknown[] | Promise<readonly unknown[]>;
  /** The result, or the code and parameters of the error, or that nothing comes within 12 s. */
  readonly answer: (scene: Scene) => Reply | Promise<Reply>;
}

export type Reply = { readonly result: unknown } | { readonly error: readonly string[] } | 'hangs';

export const error = (...words: readonly string[]) => ({ error: words });
export const voided = { result: '' };
export const nobody = 'OpaqueRef:11111111-1111-1111-1111-111111111111';

export async function sceneOf(world: SimulatedLab): Promise<Scene> {
  const session = await world.logIn();
  const { host, vm } = await world.refs(session);
  const { password } = world.member('host-1');
  const locals = new Map<string, string>();
  const uuid = world.lab.document.virtualMachines.find((each) => each.name === 'db-02')?.diskUUID;
  return {
    world,
    session,
    host,
    vm,
    password,
    address: (name) => world.member(name).address,
    pool: (await world.ask<string[]>('host-1', 'pool.get_all', session))[0] ?? 'none',
    disk: await world.ask('host-1', 'VDI.get_by_uuid', session, uuid),
    localAt: async (name) => {
      const known =
        locals.get(name) ??
        (await world.ask<string>(name, 'session.slave_local_login_with_password', 'root', password));
      locals.set(name, known);
      return known;
    },
  };
}

async function answerOf(world: SimulatedLab, host: string, method: string, params: readonly unknown[]) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const hangs = 12_000;
  const reply = await world.post(host, body, { deadlineMs: hangs }).catch(() => undefined);
  if (reply === undefined) return 'hangs';
  const { result, error: problem } = JSON.parse(reply.text);
  if (problem === undefined) return { result };
  return { error: Array.isArray(problem) ? problem : [problem.message, ...problem.data] };
}

/** The lab answers each of these as the real XAPI did. */
export function holdFacts(facts: readonly Fact[]): void {
  test.each(facts)('$method: $seen', async ({ given, at = 'host-1', method, params, answer }) => {
    const world = createSimulatedLab();
    await world.run(async () => {
      const scene = await sceneOf(world);
      await given?.(scene);
      const sent = await params(scene);
      expect(await answerOf(world, at, method, sent)).toEqual(await answer(scene));
    });
  });
}
