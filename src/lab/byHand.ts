import type { Lab } from './lab.ts';

/**
 * A call that another administrator makes at the master while this program is at work, such as somebody who has begun to
 * recover by hand. Says what came back, or throws XAPI's error.
 *
 * Parameters are strings, `true` and `false`; `host:NAME`, `vm:NAME`, `disk:VM` and `sr:NAME` stand for the references.
 */
export async function callByHand(lab: Lab, method: string, params: readonly string[]): Promise<string> {
  const { master } = lab.status();
  const call = (name: string, given: readonly unknown[]): Promise<unknown> =>
    lab.callAs('another administrator', master, name, given);
  const values: unknown[] = [];
  for (const each of params) values.push(await parameterOf(lab, call, each));
  const result = await call(method, values);
  return result === '' ? 'done' : JSON.stringify(result);
}

type Call = (method: string, params: readonly unknown[]) => Promise<unknown>;

async function parameterOf({ document }: Lab, call: Call, written: string): Promise<unknown> {
  if (written === 'true' || written === 'false') return written === 'true';
  const [kind, ...rest] = written.split(':');
  const name = rest.join(':');
  const named = <T extends { readonly name: string }>(all: readonly T[]): T => {
    const found = all.find((each) => each.name === name);
    if (found === undefined) throw new Error(`nothing in this lab is called ${written}`);
    return found;
  };
  switch (kind) {
    case 'host':
      return named(document.members).hostRef;
    case 'vm':
      return call('VM.get_by_uuid', [named(document.virtualMachines).uuid]);
    case 'disk':
      return call('VDI.get_by_uuid', [named(document.virtualMachines).diskUUID]);
    case 'sr':
      return call('SR.get_by_uuid', [named(document.storage).uuid]);
    default:
      return written;
  }
}
