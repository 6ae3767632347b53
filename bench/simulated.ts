/** Figures that are counts: measured in the simulation, where they are the same on every machine. */
import { hostKind } from '../src/api/kinds.ts';
import type { Interpose, OutgoingRequest } from '../src/simulation/faults.ts';
import { createWorld, type World } from '../test/sim/world.ts';
import type { Figure } from './figure.ts';

/** Status writes per harmful effect, and XAPI calls per started virtual machine, in a recovery of 100. */
export async function recoveryCounts(): Promise<readonly Figure[]> {
  const seen: OutgoingRequest[] = [];
  const world = createWorld({
    lab: { virtualServers: 400, latencies: { guardContactMs: 10 } },
    interpose: recorder(seen),
  });
  world.startOperator();
  await world.applyAndSettle();
  world.lab.steer.partition('host-3', 'everyone', 'management');
  await world.request('release-3', 'host-3');
  const from = seen.length;
  const ended = await world.until(
    async () => (await world.recovery('release-3'))?.status?.phase === 'Succeeded',
  );
  if (!ended) throw new Error('the recovery did not succeed');
  const during = seen.slice(from);
  const effects = world.lab.verdict().harmfulEffects;
  const starts = effects.filter((effect) => effect.kind === 'start').length;
  const writes = during.filter(isRecordWrite).length;
  const { waves, writesWhileStarting } = wavesIn(during);
  const firstStart = during.findIndex((one) => one.label === 'XAPI VM.get_record');
  const calls = during
    .slice(Math.max(0, firstStart))
    .filter((one) => isXapiRead(one) && !isProbe(one)).length;
  const record = JSON.stringify((await readRecovery(world)).status).length;
  return [
    {
      name: `status writes ÷ harmful effects (${effects.length} effects)`,
      value: writes / effects.length,
      unit: '',
      bar: 1.2,
    },
    {
      name: `status writes ÷ waves of starts (${waves} waves)`,
      value: writesWhileStarting / waves,
      unit: '',
    },
    {
      name: `XAPI calls per virtual machine started (${starts} started)`,
      value: calls / starts,
      unit: '',
      bar: 6,
    },
    {
      name: `record of ${starts} virtual machines, scaled to 500`,
      value: ((record / starts) * 500) / 1024,
      unit: 'KiB',
      bar: 256,
    },
  ];
}

/** A settled pool of 4 hosts and 100 virtual machines, over an hour. */
export async function idleCounts(): Promise<readonly Figure[]> {
  const seen: OutgoingRequest[] = [];
  const world = createWorld({ lab: { virtualServers: 98 }, interpose: recorder(seen) });
  world.startOperator();
  await world.applyAndSettle();
  await world.pass(10 * 60_000);
  const from = seen.length;
  await world.pass(60 * 60_000);
  const during = seen.slice(from).filter((one) => one.from === 'operator');
  const api = during.filter((one) => one.to.endsWith(':6443')).length / 60;
  const xapi = during.filter(isXapiRead).length / 60 / 4;
  return [
    { name: 'idle: requests a minute to the API server', value: api, unit: '', bar: 10 },
    { name: 'idle: XAPI reads a minute and member, without the event stream', value: xapi, unit: '', bar: 2 },
  ];
}

function recorder(seen: OutgoingRequest[]): Interpose {
  return (request) => {
    seen.push(request);
    return 'deliver';
  };
}

function isRecordWrite({ method, path }: OutgoingRequest): boolean {
  return method === 'PUT' && /recoveryrequests\/.*\/status/.test(path);
}

/** A wave is what is sent after one write of the record; the write before the first one counts, and all after it. */
function wavesIn(requests: readonly OutgoingRequest[]): { waves: number; writesWhileStarting: number } {
  const sequence = requests
    .filter((one) => isRecordWrite(one) || one.label === 'XAPI Async.VM.start_on')
    .map((one) => (isRecordWrite(one) ? 'write' : 'start'));
  const waves = sequence.filter((one, index) => one === 'start' && sequence[index - 1] === 'write').length;
  const from = Math.max(0, sequence.indexOf('start') - 1);
  const writesWhileStarting = sequence.slice(from).filter((one) => one === 'write').length;
  return { waves, writesWhileStarting };
}

function isXapiRead(request: OutgoingRequest): boolean {
  return request.label.startsWith('XAPI ') && request.label !== 'XAPI event.from';
}

/** The vigil over the fenced member and the others: there whether one or a hundred are started. */
function isProbe(request: OutgoingRequest): boolean {
  return request.label.startsWith('XAPI session.') || request.label === 'XAPI host.get_servertime';
}

async function readRecovery(world: World): Promise<{ readonly status: unknown }> {
  let found: { readonly status: unknown } | undefined;
  await world.run(async () => {
    found = (await world.recovery('release-3')) as { readonly status: unknown } | undefined;
  });
  if (found === undefined) throw new Error(`no ${hostKind.kind} was recovered`);
  return found;
}
