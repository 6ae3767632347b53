import { createWorld, type World, type WorldOptions } from './world.ts';

/**
 * As short as virtual time allows: three members, eight virtual machines on the shared storage in several orders and one on
 * the local storage of the third member. The member's silence still has to last its time.
 */
export const small = {
  lab: {
    members: 3,
    virtualServers: 8,
    localVirtualServers: 1,
    latencies: { forwardedCallMs: 3_000, guardContactMs: 1_000, forceOffMs: 2_000, startMs: 1_000 },
  },
  manifests: { memberTimeoutSeconds: 10 },
} as const satisfies WorldOptions;

export function smallWorld(options: WorldOptions = {}): World {
  return createWorld({
    ...options,
    lab: { ...small.lab, ...options.lab },
    manifests: { ...small.manifests, ...options.manifests },
  });
}
