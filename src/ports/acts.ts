import type { Act, ActOf } from '../domain/acts/act.ts';
import type { ActReply } from '../domain/xapi/pool.ts';

/**
 * The last question of an effect: asked synchronously in the instant in which the effect is given to a connection that is
 * there, so that nothing waits between the judgement and the wire. A sentence means that it is not sent; the reply is
 * then `notSent` with this sentence.
 */
export type MayGo = () => string | undefined;

/**
 * Who carries out effects: one method for each kind. Each sends at most once within its deadline and never rejects; its
 * reply is a hint, and whoever asked reads the world.
 */
export type Acts = {
  readonly [K in Act['kind']]: (
    about: Omit<ActOf<K>, 'kind'>,
    deadlineMs: number,
    mayGo: MayGo,
  ) => Promise<ActReply>;
};
