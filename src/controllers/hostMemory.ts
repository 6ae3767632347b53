/**
 * What the status of a Host keeps for a restarted process: since when the machine has been silent and how much of that was
 * seen, what others heard of it meanwhile, and what is held against its power controller. Nothing of it can be read again.
 */
import { isoSeconds } from '../api/conditions.ts';
import type { Host } from '../api/generated/types.ts';
import type { Reading } from '../domain/kernel/reading.ts';
import type { MemberAnswer } from '../domain/xapi/pool.ts';
import type { HostView } from './hostStatus.ts';
import type { PoolSession } from './poolDirectory.ts';
import { type LifeSign, recordedEveryMs } from './signsOfLife.ts';

type HostStatus = NonNullable<Host['status']>;

/**
 * While it lasts, a silence is written down again this often, so that a restarted process can tell an old one from a new
 * one. Once it is long enough for every decision and no recovery looks at the member, nothing rests on it any more.
 */
const silenceEveryMs = 30_000;

/** What was written down before a restart is kept until the member has been asked again: it is what the restarted process recalls. */
export function silenceOf(
  { host, pool, state, nowMs, nowWallMs }: HostView,
  answer: Reading<MemberAnswer>,
): Pick<HostStatus, 'silentSince' | 'silenceSeenAt' | 'silentForSeconds'> {
  const { silentSince, silenceSeenAt, silentForSeconds } = host.status ?? {};
  const before = {
    ...(silentSince === undefined ? {} : { silentSince }),
    ...(silenceSeenAt === undefined ? {} : { silenceSeenAt }),
    ...(silentForSeconds === undefined ? {} : { silentForSeconds }),
  };
  if (state.kind === 'closed' || answer.kind === 'unknown') return before;
  const { members } = state.session;
  const since = members.silentSince(host.spec.hostUUID);
  if (since === undefined) return {};
  const same = silentSince === isoSeconds(since.wallMs);
  const agoMs =
    silenceSeenAt === undefined ? Number.POSITIVE_INFINITY : nowWallMs - Date.parse(silenceSeenAt);
  if (same && agoMs >= 0 && agoMs < silenceEveryMs) return before;
  const enoughMs = (pool?.spec.detection?.memberTimeoutSeconds ?? 600) * 1000;
  const written = (silentForSeconds ?? 0) * 1000 > enoughMs;
  if (same && written && !members.isAttended(host.spec.hostUUID)) return before;
  return {
    silentSince: isoSeconds(since.wallMs),
    silenceSeenAt: isoSeconds(nowWallMs),
    silentForSeconds: Math.floor((nowMs - since.ms) / 1000),
  };
}

/** What is held against its controller, and what others heard of it; both have to outlive this process. */
export function heldOf({
  host,
  state,
}: HostView): Pick<HostStatus, 'distrust' | 'lastSignOfLife' | 'controllerConfirmed' | 'openCut'> {
  const { status } = host;
  if (state.kind === 'closed') {
    return {
      ...(status?.distrust === undefined ? {} : { distrust: status.distrust }),
      ...(status?.lastSignOfLife === undefined ? {} : { lastSignOfLife: status.lastSignOfLife }),
      ...(status?.controllerConfirmed === undefined
        ? {}
        : { controllerConfirmed: status.controllerConfirmed }),
      ...(status?.openCut === undefined ? {} : { openCut: status.openCut }),
    };
  }
  const { signs } = state.session;
  const distrust = signs.distrust(host);
  const confirmed = signs.confirmed(host);
  const cut = signs.openCut(host);
  return {
    ...(distrust === undefined
      ? {}
      : {
          distrust: {
            device: distrust.device,
            because: distrust.because,
            at: isoSeconds(distrust.atWallMs),
            ...(Number.isFinite(distrust.checkedWallMs)
              ? { checkedAt: isoSeconds(distrust.checkedWallMs) }
              : {}),
          },
        }),
    ...(cut === undefined ? {} : { openCut: { at: isoSeconds(cut.atWallMs) } }),
    ...lastSignOf(host, signs.lastByOthers(host), isHeardNow(host, state.session)),
    ...(confirmed === undefined
      ? {}
      : {
          controllerConfirmed: {
            device: confirmed.device,
            at: isoSeconds(confirmed.atWallMs),
          },
        }),
  };
}

/** Somebody else hears of the machine all the time: its controller says On, or the pool master reaches it. */
function isHeardNow(host: Host, session: PoolSession): boolean {
  const { hostUUID } = host.spec;
  const contact = session.members.masterContact(hostUUID);
  const watch = session.power(hostUUID);
  const on = watch?.unknownBecause() === undefined && watch?.last()?.power === 'on';
  return on || (contact.kind === 'known' && contact.value === 'answers');
}

/** What lasts is written down once, and once more with its end. */
function lastSignOf(
  host: Host,
  sign: LifeSign | undefined,
  lasts: boolean,
): Pick<HostStatus, 'lastSignOfLife'> {
  const before = host.status?.lastSignOfLife;
  if (lasts && before?.lasts === true) return { lastSignOfLife: before };
  if (sign?.atMs === undefined) return before === undefined ? {} : { lastSignOfLife: before };
  const newerMs = before?.at === undefined ? Number.POSITIVE_INFINITY : sign.atWallMs - Date.parse(before.at);
  const written = { at: isoSeconds(sign.atWallMs), by: sign.by };
  if (lasts) return { lastSignOfLife: { ...written, lasts } };
  const same = before !== undefined && before.lasts !== true && newerMs >= 0 && newerMs < recordedEveryMs;
  return { lastSignOfLife: same ? before : written };
}
