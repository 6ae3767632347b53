import { stripVTControlCharacters } from 'node:util';
import { colors as pc } from '../terminal/colors.ts';
import type { HostStatus, LabStatus } from './status.ts';
import type { HarmfulEffect, Verdict } from './verdict.ts';

/** The lab's state for people: what is, and beside it what the pool believes. */
export function describeStatus(status: LabStatus): string {
  const lines = [
    `${pc.bold('lab time')} ${instant(status.at)}   ${pc.bold('master')} ${status.master}`,
    '',
    row(['host', 'power', 'toolstack', 'BMC', 'domains', 'writes', 'pool believes'].map(pc.bold)),
    ...status.hosts.map((host) => row(hostCells(host))),
  ];
  const odd = status.virtualMachines.filter(
    (each) =>
      each.runsOn.length !== 1 || each.runsOn[0] !== each.believedOn || each.believedState !== 'Running',
  );
  const total = status.virtualMachines.length;
  lines.push('', `${total - odd.length} of ${total} virtual machines run once, where the pool says`);
  for (const each of odd) {
    const really = each.runsOn.length === 0 ? 'runs nowhere' : `runs on ${each.runsOn.join(' and ')}`;
    const believed = `${each.believedState}${each.believedOn === undefined ? '' : ` on ${each.believedOn}`}`;
    const paint = each.runsOn.length > 1 ? pc.red : pc.yellow;
    lines.push(paint(`  ${each.name} ${really}; the pool believes: ${believed}`));
  }
  for (const line of status.odd) lines.push(pc.yellow(line));
  for (const cut of status.cuts) lines.push(pc.yellow(`cut: ${cut}`));
  for (const fault of status.faults) lines.push(pc.yellow(`fault ${fault}`));
  return lines.join('\n');
}

function bmcWords({ name, bmc, bmcCabledTo }: HostStatus): string {
  return bmcCabledTo === name ? bmc : `${bmc}, of ${bmcCabledTo}`;
}

function hostCells(host: HostStatus): readonly string[] {
  const { believed } = host;
  const power = host.mains === 'cut' ? 'no mains' : host.power;
  return [
    host.name,
    power === 'on' ? power : pc.red(power),
    host.toolstack === 'running' ? host.toolstack : pc.yellow(host.toolstack),
    host.bmc === 'honest' && host.bmcCabledTo === host.name ? host.bmc : pc.yellow(bmcWords(host)),
    String(host.domains),
    String(host.writes),
    believed === undefined
      ? 'no such host'
      : `${believed.live ? 'live' : 'not live'}, ${believed.enabled ? 'enabled' : 'disabled'}, ${believed.residents} residents`,
  ];
}

const widths = [9, 12, 11, 19, 8, 9, 0];

function row(cells: readonly string[]): string {
  return cells
    .map((cell, index) => pad(cell, widths[index] ?? 0))
    .join(' ')
    .trimEnd();
}

/** Colours take no room on the screen. */
function pad(cell: string, width: number): string {
  const seen = stripVTControlCharacters(cell).length;
  return cell + ' '.repeat(Math.max(0, width - seen));
}

/** The oracle's word for people. */
export function describeVerdict(verdict: Verdict): string {
  const { violations, virtualMachines, harmfulEffects } = verdict;
  const once = virtualMachines.filter((each) => each.runsOn.length === 1).length;
  const stopped = virtualMachines.filter((each) => each.runsOn.length === 0).map((each) => each.name);
  const lines = [
    verdict.clean
      ? pc.green('clean: no disk was ever written by two domains, no lock was cleared under a live one')
      : pc.red(pc.bold(`${violations.length} ${violations.length === 1 ? 'violation' : 'violations'}`)),
    ...violations.map((each) => pc.red(`  ${each.sentence}`)),
    `${once} of ${virtualMachines.length} virtual machines run exactly once`,
    ...(stopped.length > 0 ? [`not running: ${stopped.join(', ')}`] : []),
    harmfulEffects.length === 0 ? 'no harmful act took place' : 'harmful acts, in order:',
    ...harmfulEffects.map((effect) => `  ${describeEffect(effect)}`),
  ];
  return lines.join('\n');
}

function describeEffect({ at, kind, target, onHost, caller, changedAnything }: HarmfulEffect): string {
  const where = onHost === undefined ? '' : ` on ${onHost}`;
  return `${instant(at)}  ${kind} ${target}${where}, by ${caller}${changedAnything ? '' : ' (changed nothing)'}`;
}

function instant(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

/** For help: what a BMC can be like, a line each. */
export function describeBehaviours(
  all: readonly { readonly word: string; readonly means: string }[],
): string {
  const width = Math.max(...all.map(({ word }) => word.length));
  const lines = all.map(({ word, means }) => `  ${word.padEnd(width)}  ${means}`);
  return ['', 'Behaviours of a BMC:', ...lines].join('\n');
}
