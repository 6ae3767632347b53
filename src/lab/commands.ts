import { bmcBehaviour } from './bmc/behaviours.ts';
import { callByHand } from './byHand.ts';
import type { Fault } from './faults.ts';
import type { ControllerShows, PoolShows } from './identities.ts';
import type { Lab } from './lab.ts';
import { obeyAboutMachines } from './machineCommands.ts';
import type { LinkKind } from './steering.ts';

/** A steering command as it travels to the control server. */
export interface SteerCommand {
  readonly verb: string;
  readonly host?: string;
  readonly other?: string;
  readonly kind?: string;
  readonly behaviours?: readonly string[];
  readonly state?: string;
  readonly seconds?: number;
  readonly fault?: Fault;
  readonly virtualMachine?: string;
  readonly storage?: string;
  readonly shows?: ControllerShows & PoolShows;
  /** Of a virtual machine or a host. */
  readonly name?: string;
  readonly label?: string;
  readonly method?: string;
  readonly params?: readonly string[];
}

/** Carries out a command and says in one sentence what was done. Throws a sentence when it cannot be. */
export async function obey(lab: Lab, command: SteerCommand): Promise<string> {
  const { steer } = lab;
  const host = command.host ?? '';
  const other = command.other ?? '';
  switch (command.verb) {
    case 'cut-power':
      steer.cutPower(host);
      return `${host} has no power any more; everything that ran on it is gone`;
    case 'restore-power':
      steer.restorePower(host);
      return `${host} has mains again and boots`;
    case 'press-power-button':
      steer.pressPowerButton(host);
      return `somebody pressed the power button of ${host}`;
    case 'partition':
      steer.partition(host, other, linkKind(command));
      return `${host} and ${other} no longer reach each other (${linkKind(command)})`;
    case 'mend':
      steer.mend(host, other, linkKind(command));
      return `${host} and ${other} reach each other again (${linkKind(command)})`;
    case 'heal':
      steer.heal();
      return 'every cut link is mended';
    case 'crash-toolstack':
      steer.crashToolstack(host);
      return `the toolstack of ${host} is dead; its virtual machines run on`;
    case 'restart-toolstack':
      steer.restartToolstack(host);
      return `the toolstack of ${host} restarts`;
    case 'second-master':
      steer.secondMaster(host, onOff(command));
      return command.state === 'on'
        ? `${host} is master too, with a database of its own`
        : `${host} is a member again`;
    case 'jump-clock':
      steer.jumpClock(host, (command.seconds ?? 0) * 1000);
      return `the clock of ${host} jumped by ${command.seconds ?? 0} s`;
    case 'bmc':
      steer.setBmc(host, ...(command.behaviours ?? []).map(bmcBehaviour));
      return `the BMC of ${host} is now: ${command.behaviours?.join(' ')}`;
    case 'cable':
      steer.cable(host, other);
      return `the BMC address of ${host} now leads to the controller of ${other}`;
    case 'fault':
      if (command.fault === undefined) throw new Error('a fault has an effect');
      return `${steer.addFault(command.fault)} is in force`;
    case 'clear-faults':
      steer.clearFaults();
      return 'no fault is in force any more';
    case 'high-availability':
      steer.setHighAvailability(onOff(command));
      return `the pool says that high availability is ${command.state}`;
    case 'rolling-upgrade':
      steer.setRollingUpgrade(onOff(command));
      return `the pool says that a rolling upgrade is ${command.state === 'on' ? 'under way' : 'over'}`;
    case 'auto-power-on':
      steer.setAutoPowerOn(onOff(command));
      return `auto_poweron is ${command.state} for the pool and all virtual machines`;
    case 'call':
      return callByHand(lab, command.method ?? '', command.params ?? []);
    default: {
      const said = obeyAboutMachines(steer, command);
      if (said === undefined) throw new Error(`the lab knows no command ${command.verb}`);
      return said;
    }
  }
}

function linkKind({ kind = 'management' }: SteerCommand): LinkKind {
  if (kind === 'management' || kind === 'storage') return kind;
  throw new Error(`a link is of kind management or storage, not ${kind}`);
}

function onOff({ state }: SteerCommand): 'on' | 'off' {
  if (state === 'on' || state === 'off') return state;
  throw new Error(`say on or off, not ${state}`);
}
