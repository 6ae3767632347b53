/** What happens to the pool: its network, clocks, toolstacks, machines on their way, and answers that go wrong. */
import type { Fault, FaultEffect } from '../../src/lab/lab.ts';
import type { Chance } from './chance.ts';
import { moments, type Parts } from './course.ts';
import type { Strike } from './history.ts';

export function reach({ target, lostAt, askedAt, add, trigger, otherHost, chance: chanceFor }: Parts): void {
  const chance = chanceFor('reach');
  for (let more = chance.whole(1, 3); more > 0; more--) {
    const at = chance.of([lostAt, askedAt]) + chance.span(-60, 300);
    const lasts = chance.span(5, 300);
    const pair = chance.weighed<readonly [string, string]>([
      [4, [target, 'everyone']],
      [4, [target, 'operator']],
      [3, [target, 'host-1']],
      [3, ['operator', `bmc-${target.slice('host-'.length)}`]],
      [2, ['operator', 'host-1']],
      [2, ['operator', otherHost(chance)]],
      [1, ['operator', 'everyone']],
    ]);
    const [a, b] = pair[0] === pair[1] ? (['operator', target] as const) : pair;
    const link = { a, b, kind: 'management' } as const;
    if (chance.in(0.5)) {
      // What was cut is whole for a while.
      if (chance.in(0.2)) trigger(chance.of(moments), 1, { do: 'mend', ...link });
      else add(at, { do: 'mend', ...link });
      if (chance.in(0.7)) add(at + lasts, { do: 'cut', ...link });
    } else {
      add(at, { do: 'cut', ...link });
      if (chance.in(0.7)) add(at + lasts, { do: 'mend', ...link });
    }
  }
  if (chance.in(0.15)) {
    const host = chance.in(0.5) ? target : otherHost(chance);
    const at = lostAt + chance.span(-30, 200);
    add(at, { do: 'cut', a: host, b: 'storage', kind: 'storage' });
    if (chance.in(0.6)) add(at + chance.span(5, 200), { do: 'mend', a: host, b: 'storage', kind: 'storage' });
  }
}

export function clocks({ lostAt, add, chance: chanceFor }: Parts): void {
  const chance = chanceFor('clocks');
  for (let more = chance.whole(1, 2); more > 0; more--) {
    const bySeconds = chance.span(5, 7200) * (chance.in(0.5) ? 1 : -1);
    const of = chance.in(0.6) ? 'operator' : chance.of(['host-1', 'host-2']);
    add(lostAt + chance.span(-60, 300), { do: 'clock', of, bySeconds });
  }
}

/** Live migrations that had begun: away from the member that is lost, to it, or between others. */
export function moving({
  target,
  lostAt,
  machines,
  members,
  add,
  otherHost,
  chance: chanceFor,
}: Parts): void {
  const chance = chanceFor('moving');
  for (let more = chance.whole(1, 2); more > 0; more--) {
    // The lab spreads its machines over the hosts in turn.
    const index = chance.in(0.75) ? Number(target.slice('host-'.length)) - 1 : chance.whole(0, machines - 1);
    const place = index + (chance.in(0.4) && index + members < machines ? members : 0);
    const at = chance.in(0.7) ? lostAt - chance.span(1, 60) : lostAt + chance.span(0, 200);
    add(at, {
      do: 'migrate',
      index: place,
      to: chance.in(0.8) ? otherHost(chance) : target,
      stopsWhen: chance.of(['sourceRuns', 'bothEnds', 'targetRuns']),
    });
    if (chance.in(0.4)) {
      add(at + chance.span(1, 300), {
        do: 'endMigration',
        index: place,
        how: chance.of(['completes', 'fails']),
      });
    }
  }
}

export function media({ target, lostAt, machines, add, otherHost, chance: chanceFor }: Parts): void {
  const chance = chanceFor('media');
  for (let more = chance.whole(1, 2); more > 0; more--) {
    const at = Math.max(1, lostAt - chance.span(1, 80));
    switch (chance.whole(0, 3)) {
      case 0:
      case 1:
        add(at, {
          do: 'media',
          index: chance.in(0.7) ? Number(target.slice('host-'.length)) - 1 : chance.whole(0, machines - 1),
          from: chance.of(['isoLibrary', 'hostDrive']),
        });
        break;
      case 2:
        add(at, {
          do: 'unplugStorage',
          storage: chance.of(['iso-library', 'shared-nfs-2']),
          host: otherHost(chance),
        });
        break;
      default:
        add(at, {
          do: 'statistics',
          host: chance.in(0.8) ? otherHost(chance) : target,
          state: chance.of(['down', 'neverUp']),
        });
    }
  }
}

export function faults({ lostAt, askedAt, add, trigger, chance: chanceFor }: Parts): void {
  const chance = chanceFor('faults');
  for (let more = chance.whole(1, 3); more > 0; more--) {
    if (chance.in(0.45)) {
      const how = chance.of<Strike>(['replyLost', 'replyReset', 'requestLost', 'late']);
      trigger(chance.of([...moments, '/recoveryrequests/']), chance.whole(1, 2), {
        do: 'strike',
        how,
      });
    } else if (chance.in(0.25)) {
      add(chance.of([lostAt, askedAt]) + chance.span(-60, 200), {
        do: 'toolstack',
        host: chance.of(['host-1', 'host-2']),
        is: 'restart',
      });
    } else add(lostAt + chance.span(-20, 100), { do: 'fault', fault: fault(chance) });
  }
}

function fault(chance: Chance): Fault {
  const method = chance.of([
    'host.declare_dead',
    'VM.start_on',
    'VDI.remove_from_sm_config',
    'redfish.reset',
  ]);
  const effect = chance.of<FaultEffect>([
    { kind: 'slow', delayMs: chance.span(1_000, 60_000) },
    { kind: 'lostReply' },
    { kind: 'refused' },
    { kind: 'saysFailed', code: 'INTERNAL_ERROR' },
    { kind: 'saysDone' },
    { kind: 'html' },
    method === 'host.declare_dead'
      ? { kind: 'hookFails' }
      : { kind: 'domainFails', lock: chance.of(['kept', 'released']) },
  ]);
  return { method, ...(chance.in(0.6) ? { nth: 1 } : {}), effect };
}

/** Somebody makes a second member master, perhaps while the operator sees only one of the two. */
export function masters({
  target,
  lostAt,
  askedAt,
  add,
  trigger,
  otherHost,
  chance: chanceFor,
}: Parts): void {
  const chance = chanceFor('masters');
  const others = chance.in(0.85) ? otherHost(chance) : target;
  const second = others === 'host-1' ? 'host-2' : others;
  const on = { do: 'secondMaster', host: second, is: 'on' } as const;
  const at = chance.of([lostAt, askedAt]) + chance.span(-30, 200);
  if (chance.in(0.5)) trigger(chance.of(moments.slice(0, 3)), 1, on);
  else add(at, on);
  const seen = chance.of(['both', 'both', 'theFirst', 'theSecond', 'oneAfterTheOther']);
  const link = (host: string) => ({ a: 'operator', b: host, kind: 'management' }) as const;
  if (seen === 'theSecond') add(at + chance.span(-5, 60), { do: 'cut', ...link('host-1') });
  if (seen === 'theFirst' || seen === 'oneAfterTheOther') add(at, { do: 'cut', ...link(second) });
  if (seen === 'oneAfterTheOther') {
    const later = at + chance.span(1, 120);
    add(later, { do: 'cut', ...link('host-1') });
    add(later + chance.whole(-2, 30), { do: 'mend', ...link(second) });
  }
  if (chance.in(0.4)) add(at + chance.span(30, 300), { do: 'secondMaster', host: second, is: 'off' });
}
