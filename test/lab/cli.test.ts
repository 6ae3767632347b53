import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, expect, test } from 'vitest';
import { systemClock, systemRandom } from '../../src/adapters/clock/systemClock.ts';
import { exchange } from '../../src/adapters/network/exchange.ts';
import { createSocketNetwork } from '../../src/adapters/network/sockets.ts';
import { labCommand } from '../../src/lab/cli.ts';
import type { LabSheet } from '../../src/lab/remote.ts';

const cleanUps: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const each of cleanUps.splice(0).reverse()) await each();
});

interface Ended {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

function start(args: readonly string[], untilStopped: () => Promise<void> = () => Promise.resolve()) {
  const said = { out: [] as string[], err: [] as string[] };
  let code = 0;
  const program = new Command().exitOverride().configureOutput({ writeErr: (text) => said.err.push(text) });
  labCommand(program, {
    clock: systemClock,
    random: systemRandom,
    network: createSocketNetwork(),
    print: (line) => said.out.push(line),
    complain: (line) => said.err.push(line),
    setExitCode: (given) => {
      code = given;
    },
    untilStopped,
  });
  const end = program.parseAsync(['lab', ...args], { from: 'user' });
  const result = (): Ended => ({ out: said.out.join('\n'), err: said.err.join('\n'), code });
  return { end, result };
}

const noSurroundings = {
  clock: systemClock,
  random: systemRandom,
  network: createSocketNetwork(),
  print: () => {},
  complain: () => {},
  setExitCode: () => {},
  untilStopped: () => Promise.resolve(),
};

async function kintsugi(...args: readonly string[]): Promise<Ended> {
  const { end, result } = start(args);
  await end;
  return result();
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-lab-'));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function up(state: string) {
  let stop = (): void => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const small = ['--members', '3', '--virtual-servers', '3', '--local-virtual-servers', '1', '--seed', '7'];
  const running = start(['up', '--state', state, ...small], () => stopped);
  const down = async (): Promise<void> => {
    stop();
    await running.end;
  };
  cleanUps.push(down);
  await expect.poll(() => running.result().out, { timeout: 20_000 }).not.toBe('');
  return { down, sheet: JSON.parse(running.result().out) };
}

test('up prints one JSON document, keeps it for its owner alone, and takes it away at the end', async () => {
  const state = temporaryFolder();
  const { sheet, down } = await up(state);
  expect(sheet.members).toHaveLength(3);
  expect(sheet.virtualMachines.map((each: { hostName: string }) => each.hostName)).toEqual([
    'host-1',
    'host-2',
    'host-3',
    'host-3',
  ]);
  expect(sheet.controlUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const file = join(state, 'lab.json');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(sheet);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await down();
  expect(() => statSync(file)).toThrow();
  expect((await kintsugi('status', '--state', state)).err).toContain(
    'start a lab with "kintsugi lab up --state',
  );
});

test('a lab is steered and asked from another process by its state folder', async () => {
  const state = temporaryFolder();
  await up(state);
  const cut = await kintsugi('partition', 'host-2', 'everyone', '--state', state);
  expect(cut).toMatchObject({ out: 'host-2 and everyone no longer reach each other (management)', code: 0 });
  expect((await kintsugi('cut-power', 'host-3', '--state', state)).code).toBe(0);
  const plain = await kintsugi('status', '--state', state);
  expect(plain.out).toContain('cut: host-2 and operator (management)');
  expect(plain.out).toMatch(/host-3 +no mains +down/);
  const status = JSON.parse((await kintsugi('status', '--json', '--state', state)).out);
  expect(status.hosts[2]).toMatchObject({ name: 'host-3', power: 'off', domains: 0 });
  const fault = await kintsugi('fault', 'lostReply', '--method', 'VM.start', '--nth', '2', '--state', state);
  expect(fault.out).toBe('fault-1 is in force');
  expect((await kintsugi('status', '--state', state)).out).toContain('lostReply on number 2 of VM.start');
});

test('a machine is moved and somebody else begins by hand from the command line', async () => {
  const state = temporaryFolder();
  const { sheet } = await up(state);
  const moved = sheet.virtualMachines.find((each: { hostName: string }) => each.hostName === 'host-2').name;
  const run = await kintsugi('migrate', moved, 'host-3', '--stops-when', 'targetRuns', '--state', state);
  expect(run).toMatchObject({
    out: `${moved} is on its way to host-3, and its migration hangs (targetRuns)`,
  });
  const status = await kintsugi('status', '--state', state);
  expect(status.out).toContain(`${moved} runs on host-3; the pool believes: Running on host-2`);
  expect(status.out).toContain(`the migration of ${moved} from host-2 to host-3 hangs (targetRuns)`);
  expect((await kintsugi('unplug-storage', 'iso-library', 'host-2', '--state', state)).code).toBe(0);
  expect((await kintsugi('statistics-daemon', 'host-3', 'down', '--state', state)).code).toBe(0);
  const { odd } = JSON.parse((await kintsugi('status', '--json', '--state', state)).out);
  expect(odd.slice(1)).toEqual([
    'iso-library is not plugged on host-2',
    'the statistics daemon of host-3: down',
  ]);
  const refused = await kintsugi('call', 'VM.hard_shutdown', `vm:${moved}`, '--state', state);
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.err).toContain('OTHER_OPERATION_IN_PROGRESS');
  expect((await kintsugi('end-migration', moved, 'completes', '--state', state)).code).toBe(0);
  expect(await kintsugi('call', 'VM.hard_shutdown', `vm:${moved}`, '--state', state)).toMatchObject({
    out: 'done',
    code: 0,
  });
  expect((await kintsugi('call', 'host.disable', 'host:mars', '--state', state)).err).toContain(
    'nothing in this lab is called host:mars',
  );
});

test('controller and pool are made to show what is not so, and what is so again', async () => {
  const state = temporaryFolder();
  const { sheet } = await up(state);
  const bios = async (): Promise<Readonly<Record<string, string>>> =>
    JSON.parse((await kintsugi('call', 'host.get_bios_strings', 'host:host-2', '--state', state)).out);
  const shown = await kintsugi('pool-shows', 'host-2', '--serial', '0123456789', '--state', state);
  expect(shown.out).toBe('the pool shows of host-2 serial "0123456789"');
  expect((await bios())['system-serial-number']).toBe('0123456789');
  await kintsugi('pool-shows', 'host-2', '--state', state);
  expect((await bios())['system-serial-number']).toBe(sheet.members[1].serial);
  const bmc = await kintsugi('bmc-shows', 'host-2', '--sku', 'x', '--system-uuid', 'y', '--state', state);
  expect(bmc.out).toBe('the BMC of host-2 shows sku "x", systemUUID "y"');
});

test('every command and every fault that the program offers is in its page', () => {
  const page = readFileSync(new URL('../../docs/lab.md', import.meta.url), 'utf8');
  const program = new Command();
  labCommand(program, noSurroundings);
  const commands = program.commands[0]?.commands ?? [];
  const names = commands.map((each) => each.name());
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name) => !page.includes(`lab ${name}`))).toEqual([]);
  const effects = commands.find((each) => each.name() === 'fault')?.registeredArguments[0]?.argChoices ?? [];
  expect(effects.length).toBeGreaterThan(9);
  expect(effects.filter((effect) => !page.includes(`| \`${effect}\` |`))).toEqual([]);
});

test('a wrong name is answered with a sentence that says which there are, and code 1', async () => {
  const state = temporaryFolder();
  await up(state);
  expect(await kintsugi('cut-power', 'host-9', '--state', state)).toMatchObject({
    err: 'error: there is no host host-9 in this lab; hosts are host-1, host-2, host-3',
    code: 1,
  });
  expect(await kintsugi('bmc', 'host-1', 'honest', 'kind', '--state', state)).toMatchObject({
    err: expect.stringMatching(/in one of these ways: honest, saysAlwaysOff, .*; not kind/),
    code: 1,
  });
  await expect(kintsugi('fault', 'explode', '--state', state)).rejects.toThrow('lostReply');
});

test('verdict ends with 0 while the world is whole and with 1 as soon as it is not', async () => {
  const state = temporaryFolder();
  const { sheet } = await up(state);
  const before = await kintsugi('verdict', '--state', state);
  expect(before).toMatchObject({ code: 0 });
  expect(before.out).toContain('4 of 4 virtual machines run exactly once');
  await unlockUnderneath(sheet);
  const after = await kintsugi('verdict', '--state', state);
  expect(after.code).toBe(1);
  expect(after.out).toContain('the lock of host-2 on disk');
  const { violations } = JSON.parse((await kintsugi('verdict', '--json', '--state', state)).out);
  expect(violations).toHaveLength(1);
});

test('nobody without the token steers a lab', async () => {
  const { sheet } = await up(temporaryFolder());
  const reply = await ask(sheet.controlUrl, '/verdict', 'Bearer guess');
  expect(reply.status).toBe(401);
});

/** Takes the storage lock of host-2 away while its virtual machine runs. */
async function unlockUnderneath(sheet: LabSheet): Promise<void> {
  const [master, victim] = sheet.members;
  const disk = sheet.virtualMachines.find((each) => each.hostName === victim?.name)?.diskUUID;
  const dispatcher = createSocketNetwork().open({
    origin: `https://${master?.address}:${sheet.port}`,
    trust: { kind: 'pin', sha256Fingerprint: master?.fingerprint ?? '' },
    connections: 1,
  });
  cleanUps.push(() => dispatcher.destroy());
  const call = async (method: string, ...params: readonly unknown[]): Promise<string> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const options = { method: 'POST', path: '/jsonrpc', body, deadlineMs: 5_000 } as const;
    return JSON.parse((await exchange(dispatcher, systemClock, options)).text).result;
  };
  const session = await call('session.login_with_password', 'root', master?.password);
  const vdi = await call('VDI.get_by_uuid', session, disk);
  await call('VDI.remove_from_sm_config', session, vdi, `host_${victim?.hostRef}`);
}

async function ask(
  origin: string,
  path: string,
  authorization: string,
): Promise<{ readonly status: number }> {
  const dispatcher = createSocketNetwork().open({ origin, trust: { kind: 'plaintext' }, connections: 1 });
  cleanUps.push(() => dispatcher.destroy());
  return exchange(dispatcher, systemClock, {
    method: 'GET',
    path,
    headers: { authorization },
    deadlineMs: 5_000,
  });
}
