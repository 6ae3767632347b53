import type { ConditionNow } from '../api/conditions.ts';
import type { Host } from '../api/generated/types.ts';
import { identityTrouble } from '../domain/fence/identity.ts';
import type { HostView, Seen } from './hostStatus.ts';
import { isFalse, isTrue, isUnknown, poolNotKnown } from './judgements.ts';
import type { PowerWatch } from './powerWatch.ts';

/** Whether its power could be cut and proven off tonight; otherwise what has to be mended for it. */
export function fencingReady(view: HostView, seen: Seen): ConditionNow {
  const { host, state } = view;
  if (state.kind === 'closed') return isUnknown('FencingReady', 'PoolNotKnown', poolNotKnown(host));
  const trouble = identityTrouble(
    view.identity,
    seen.belief.kind === 'known' ? seen.belief.value : undefined,
  );
  if (trouble?.kind === 'contradicted') return isFalse('FencingReady', 'AnotherMachine', trouble.because);
  const watch = state.session.power(host.spec.hostUUID);
  const attests = (host.spec.power ?? []).some((rung) => rung.attestation !== undefined);
  if (watch === undefined || !watch.hasDevice) {
    return attests && watch?.unknownBecause() !== undefined && !hasRedfish(host)
      ? isTrue(
          'FencingReady',
          'ByAttestation',
          "No device can cut its power; a person's word will be needed.",
        )
      : isFalse(
          'FencingReady',
          'NoPowerDevice',
          watch?.unknownBecause() ?? 'No power controller is declared.',
        );
  }
  const distrust = state.session.signs.distrust(host);
  if (distrust !== undefined) {
    return isFalse(
      'FencingReady',
      'Distrusted',
      `Its power controller was caught: ${distrust.because} It proves nothing until a person has dealt with it; set checkedAt at the controller then.`,
    );
  }
  const because = watch.unknownBecause();
  const last = watch.last();
  if (last === undefined || because !== undefined) {
    return isFalse('FencingReady', 'PowerUnknown', because ?? 'Its power has not been read yet.');
  }
  if (trouble !== undefined) return isFalse('FencingReady', 'NotConfirmed', trouble.because);
  const { answer } = seen;
  const lives = answer.kind === 'known' && !['silent', 'impostor'].includes(answer.value.kind);
  if (lives && last.power !== 'on') {
    return isFalse(
      'FencingReady',
      'NotOn',
      `${last.device} says "${last.says}" of a machine that answers. It proves nothing as long as it does; find out whether it is the controller of this machine.`,
    );
  }
  return couldBeCut(watch, last.device);
}

/** The machine is read, and it is the right one: could it be cut tonight? */
function couldBeCut(watch: PowerWatch, device: string): ConditionNow {
  const tooSlow = watch.tooSlowBecause();
  if (tooSlow !== undefined) return isFalse('FencingReady', 'TooSlow', tooSlow);
  const ability = watch.cutAbility();
  if (ability.kind === 'no') return isFalse('FencingReady', 'CannotCut', ability.because);
  const shows = `${device} shows this machine and its power`;
  return isTrue(
    'FencingReady',
    'PowerRead',
    ability.kind === 'yes' ? `${shows}, and could cut it.` : `${shows}. ${ability.because}`,
  );
}

function hasRedfish(host: Host): boolean {
  return (host.spec.power ?? []).some((rung) => rung.redfish !== undefined);
}
