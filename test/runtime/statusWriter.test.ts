import { describe, expect, test } from 'vitest';
import type { KubernetesApi, KubernetesObject } from '../../src/ports/kubernetes.ts';
import { createStatusWriter } from '../../src/runtime/statusWriter.ts';
import { host, hostKind, type SampleHost } from '../adapters/kubernetes/sampleObjects.ts';

function openWriter() {
  const written: KubernetesObject[] = [];
  const unused = (): never => {
    throw new Error('only the status is written');
  };
  const api: KubernetesApi = {
    read: unused,
    list: unused,
    create: unused,
    writeStatus: async (_, object) => {
      written.push(object);
      return { kind: 'written', object };
    },
  };
  return { writer: createStatusWriter({ api }), written };
}

describe('a status', () => {
  test('that says the same is not written, whatever the order of its keys', async () => {
    const { writer, written } = openWriter();
    const stored = {
      ...host('a', 5),
      status: { live: true, conditions: [{ type: 'Ready', status: 'True' }] },
    };
    const desired = { conditions: [{ status: 'True', type: 'Ready', reason: undefined }], live: true };
    expect(await writer.write(hostKind, stored, desired as never)).toEqual({ kind: 'unchanged' });
    expect(written).toEqual([]);
  });

  test('that differs is written whole, with the version that was read', async () => {
    const { writer, written } = openWriter();
    const stored: SampleHost = { ...host('a', 5), status: { live: true } };
    expect(await writer.write(hostKind, stored, { live: false })).toMatchObject({ kind: 'written' });
    expect(written).toEqual([{ ...host('a', 5), status: { live: false } }]);
    expect(stored.status).toEqual({ live: true });
  });

  test('of an object that has none yet is written, an empty one is not', async () => {
    const { writer, written } = openWriter();
    expect(await writer.write(hostKind, host('a', 5), {})).toEqual({ kind: 'unchanged' });
    await writer.write(hostKind, host('a', 5), { live: false });
    expect(written).toHaveLength(1);
  });
});
