import { currentPool } from '../currentPool.ts';
import { answeredAfter, cutOf, wasSilentBefore, wrongCut } from '../theCut.ts';
import { allow, deny, type Guard, missing } from '../verdict.ts';

/**
 * Every other member has answered since the power was cut. One that fell silent in that moment means that the cable, the
 * declaration or the controller was another machine's, and that the member that is meant still runs.
 */
export const othersAnsweredSinceTheCut: Guard = {
  name: 'othersAnsweredSinceTheCut',
  judge: (facts) => {
    const cut = cutOf(facts);
    if (cut === undefined) return allow('No power was cut by this request.');
    const wrong = wrongCut(facts);
    if (wrong !== undefined) return deny(wrong);
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return missing(pool.because);
    for (const host of pool.value.hosts.values()) {
      if (host.uuid === facts.target.hostUUID || facts.hosts.get(host.uuid)?.state !== 'InService') continue;
      const since = facts.silentSince.get(host.uuid);
      if (since !== undefined && (wasSilentBefore(cut, since) || answeredAfter(cut, since))) continue;
      const answer = facts.answers.get(host.uuid);
      if (since !== undefined || answer?.kind !== 'known' || answer.atMs <= cut.doneMs) {
        return missing(
          `${host.name} has not answered since the power of ${facts.target.name} was cut. Until it does, it may be the machine that was cut.`,
        );
      }
    }
    return allow(`Every other member has answered since the power of ${facts.target.name} was cut.`);
  },
};
