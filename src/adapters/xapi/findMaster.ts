import { type Clock, sleep } from '../../ports/clock.ts';
import type { MemberLine } from './memberLine.ts';
import { type MemberRole, probeRole } from './memberRole.ts';
import { logout, type MasterSession } from './session.ts';

/**
 * Finds the master by asking every pinned member at its own configured address. The address in HOST_IS_SLAVE is never
 * followed: it carries no port, it may be that of a dead master, and following it could lead anywhere. It only helps
 * to explain why no master was found.
 *
 * Two members that both answer as masters of the pinned pool are a split pool: none is taken.
 */
export type MasterSearch =
  | { readonly kind: 'found'; readonly session: MasterSession }
  | { readonly kind: 'none'; readonly because: string };

interface Answer {
  readonly line: MemberLine;
  readonly role: MemberRole;
  readonly askedAtMs: number;
}

/** After a first master has answered, the others get this long to contradict it. A dead member must not cost more. */
const contradictionMs = 2_000;

/** `onLateMaster` is told when a second master answers after the search has ended; its session is closed already. */
export async function findMaster(options: {
  readonly clock: Clock;
  readonly lines: readonly MemberLine[];
  readonly poolUUID: string;
  readonly deadlineMs: number;
  /** Whether to go on as soon as one master was found, or to wait until everybody has answered or timed out. */
  readonly patience: 'firstMaster' | 'everybody';
  readonly onLateMaster: (because: string) => void;
}): Promise<MasterSearch> {
  const { clock, lines, poolUUID, deadlineMs } = options;
  const answers: Answer[] = [];
  let ended: MemberLine | 'none' | undefined;
  let onFirstMaster = (): void => {};
  const firstMaster = new Promise<void>((resolve) => {
    onFirstMaster = resolve;
  });
  const asked = lines.map(async (line) => {
    const askedAtMs = clock.monotonicMs();
    const role = await probeRole(line, poolUUID, deadlineMs);
    if (ended === undefined) {
      answers.push({ line, role, askedAtMs });
      if (role.kind === 'master') onFirstMaster();
      return;
    }
    if (role.kind === 'master') await logout(line.probes, role.session, deadlineMs);
    else if (role.kind !== 'unverifiedMaster') return;
    if (ended !== 'none') options.onLateMaster(twoMasters([ended, line]));
  });
  const waiting = new AbortController();
  const contradicted = firstMaster.then(() => sleep(clock, contradictionMs, waiting.signal)).catch(() => {});
  const everybody = Promise.all(asked);
  await (options.patience === 'everybody' ? everybody : Promise.race([everybody, contradicted]));
  waiting.abort();
  // In the order of the configuration, so that sentences do not change with who answered first.
  answers.sort((a, b) => lines.indexOf(a.line) - lines.indexOf(b.line));
  const found = mastersIn(answers);
  const [only] = found;
  const unverified = answers.find(({ role }) => role.kind === 'unverifiedMaster');
  if (only !== undefined && found.length === 1 && unverified === undefined) {
    ended = only.session.line;
    return { kind: 'found', session: only.session };
  }
  ended = 'none';
  await Promise.all(found.map(({ session }) => logout(session.line.probes, session.ref, deadlineMs)));
  const candidates = [
    ...found.map(({ session }) => session.line),
    ...(unverified === undefined ? [] : [unverified.line]),
  ];
  const because = only === undefined ? whyNoMaster(answers, lines) : twoMasters(candidates);
  return { kind: 'none', because };
}

function mastersIn(answers: readonly Answer[]) {
  return answers.flatMap(({ line, role, askedAtMs }) =>
    role.kind === 'master'
      ? [
          {
            session: {
              line,
              ref: role.session,
              openedAtMs: askedAtMs,
              pool: role.pool,
            } satisfies MasterSession,
          },
        ]
      : [],
  );
}

export function twoMasters(lines: readonly MemberLine[]): string {
  return (
    `${lines.map((line) => line.label).join(' and ')} both answer as the master of the pool: ` +
    'it is split, and a person has to decide which of them is to be master'
  );
}

/** What is wrong with somebody comes before who is merely silent; slaves and silent members are summed up. */
function whyNoMaster(answers: readonly Answer[], lines: readonly MemberLine[]): string {
  const said: string[] = [];
  for (const { role } of answers) {
    if (role.kind === 'unverifiedMaster') said.unshift(role.says);
    else if (role.kind === 'troubled' || role.kind === 'impostor') said.push(role.says);
  }
  for (const { line, role } of answers) {
    if (role.kind === 'member')
      said.push(`${line.label} says that the master is ${whoIs(role.ofAddress, lines)}`);
  }
  for (const { role } of answers) if (role.kind === 'silent') said.push(role.says);
  const shown = said.slice(0, 4).join('; ');
  const more = said.length > 4 ? `; and ${said.length - 4} more` : '';
  return `no member answers as the master of the pinned pool: ${shown}${more}`;
}

function whoIs(address: string, lines: readonly MemberLine[]): string {
  const pinned = lines.find((line) => line.member.address === address);
  return pinned === undefined
    ? `${address}, which is no member known here and is not asked`
    : `${pinned.label}, which does not answer as one`;
}
