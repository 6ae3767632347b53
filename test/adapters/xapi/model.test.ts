import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { xapiCalls } from '../../../src/adapters/xapi/calls.ts';
import { projections } from '../../../src/adapters/xapi/records.ts';
import { labCalls } from '../../../src/lab/xapi/calls.ts';
import { hiddenCalls } from './hiddenCalls.ts';

/** Every call that the operator sends or the lab serves has the form that XAPI's own data model gives it. */
interface ModelClass {
  readonly class: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly messages: Readonly<
    Record<string, { readonly params: readonly (readonly [string, string])[]; readonly result: string }>
  >;
}

interface KnownCall {
  readonly name: string;
  readonly params: readonly string[];
  readonly result: string;
}

const folder = join(import.meta.dirname, '../../../src/adapters/xapi/model');
const model = new Map<string, ModelClass>(
  readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => {
      const read: ModelClass = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      return [read.class, read];
    }),
);

/** Why the call is not as XAPI has it; undefined when it is. */
function difference(call: KnownCall): string | undefined {
  const [className = '', messageName = ''] = call.name.replace(/^Async\./, '').split('.');
  const message = model.get(className)?.messages[messageName];
  const hidden = hiddenCalls.find(
    ({ name }) => name === `${className}.${messageName}` || name === `*.${messageName}`,
  );
  const required =
    message?.params.filter(([, type]) => !type.endsWith('?')).length ?? Number.POSITIVE_INFINITY;
  const params = message?.params.map(([, type]) => type.replace(/\?$/, '')) ?? hidden?.params(className);
  const plainResult = message?.result ?? hidden?.result(className);
  if (params === undefined || plainResult === undefined)
    return `${call.name}: neither in the model nor in the list`;
  const result = call.name.startsWith('Async.') ? 'task ref' : plainResult;
  const enough = call.params.length === params.length || call.params.length >= required;
  const same = enough && call.params.every((type, index) => type === params[index]);
  if (!same) return `${call.name} takes (${params.join(', ')}), not (${call.params.join(', ')})`;
  return result === call.result ? undefined : `${call.name} gives ${result}, not ${call.result}`;
}

const operatorCalls: readonly KnownCall[] = Object.entries(xapiCalls).map(([name, shape]) => ({
  name,
  ...shape,
}));

test('every call of the operator has the form that XAPI gives it', () => {
  expect(operatorCalls.flatMap((call) => difference(call) ?? [])).toEqual([]);
});

test('every call of the lab has the form that XAPI gives it', () => {
  const calls = labCalls.map(({ name, params, result }) => ({
    name,
    result,
    params: params.map(({ type }) => type),
  }));
  expect(calls.length).toBeGreaterThan(50);
  expect(calls.flatMap((call) => difference(call) ?? [])).toEqual([]);
});

test('the lab serves every call that the operator makes', () => {
  const served = new Set(labCalls.map(({ name }) => name));
  const names = Object.keys(xapiCalls).map((name) => name.replace(/^Async\./, ''));
  expect(names.filter((name) => !served.has(name))).toEqual([]);
});

test('the comparison notices a missing call, a wrong parameter, a missing one and a wrong result', () => {
  const good = {
    name: 'VM.start_on',
    params: ['session ref', 'VM ref', 'host ref', 'bool', 'bool'],
    result: 'void',
  };
  expect(difference(good)).toBeUndefined();
  expect(difference({ ...good, name: 'VM.start_at' })).toContain('neither in the model');
  expect(difference({ ...good, params: ['session ref', 'host ref', 'VM ref', 'bool', 'bool'] })).toContain(
    'takes',
  );
  expect(difference({ ...good, params: ['session ref', 'VM ref', 'host ref'] })).toContain('takes');
  expect(difference({ ...good, result: 'task ref' })).toContain('gives void');
});

test('every field that is kept of a record exists in its class', () => {
  const classOf: Readonly<Record<string, string>> = {
    vm: 'VM',
    vbd: 'VBD',
    sr: 'SR',
    pbd: 'PBD',
    vm_guest_metrics: 'VM_guest_metrics',
  };
  for (const [name, project] of Object.entries(projections)) {
    const fields = model.get(classOf[name] ?? name)?.fields ?? {};
    const asked = new Set<string>();
    const spy = new Proxy(
      {},
      {
        get: (_target, key) => {
          asked.add(String(key));
          return sampleOf(fields[String(key)]);
        },
      },
    );
    try {
      project(spy);
    } catch {
      // Sample values need not make sense together; which fields were asked for is what counts.
    }
    expect(asked.size, name).toBeGreaterThan(0);
    expect(
      [...asked].filter((field) => !(field in fields)),
      name,
    ).toEqual([]);
  }
});

/** Some value of a type, so that a projection goes on to the next field. */
function sampleOf(type: string | undefined): unknown {
  if (type === 'bool') return false;
  if (type === 'int') return 1;
  if (type?.endsWith(' map')) return {};
  if (type?.endsWith(' set')) return [];
  if (type === 'enum vm_power_state') return 'Halted';
  if (type === 'enum vbd_mode') return 'RO';
  return 'text';
}
