import { currentPool } from '../currentPool.ts';
import { allow, deny, type Guard, missing } from '../verdict.ts';

/** A storage outage looks like dead hosts. Every shared SR must be plugged on every other member that has it. */
export const sharedStorageIsHealthy: Guard = {
  name: 'sharedStorageIsHealthy',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return missing(pool.because);
    for (const storage of pool.value.storage.values()) {
      if (!storage.shared) continue;
      for (const hostUUID of storage.knownOn) {
        if (hostUUID === facts.target.hostUUID || storage.attachedOn.has(hostUUID)) continue;
        if (facts.hosts.get(hostUUID)?.state === 'Maintenance') continue;
        const host = pool.value.hosts.get(hostUUID)?.name ?? hostUUID;
        return deny(
          `The shared storage ${storage.name} is not plugged on ${host}. Mend the storage first; a storage outage looks like dead hosts.`,
        );
      }
    }
    return allow('The shared storage is plugged on every other member.');
  },
};
