import { afterAll, beforeAll } from 'vitest';
import { systemClock, systemRandom } from '../../../src/adapters/clock/systemClock.ts';
import { type ServedLab, serveLab } from '../../../src/lab/sockets.ts';
import { type PowerBench, powerContract } from './powerContract.ts';

let served: ServedLab;
let bench: PowerBench;

beforeAll(async () => {
  served = await serveLab({
    seed: 1,
    members: 2,
    virtualServers: 2,
    localVirtualServers: 0,
    version: '8.3',
    clock: systemClock,
    random: systemRandom,
    latencies: { forceOffMs: 500, powerOnMs: 300 },
  });
  const member = served.lab.document.members[1]!;
  const { origin, fingerprint, user, password, systemId } = member.bmc;
  bench = {
    access: { origin, systemId, sha256Fingerprint: fingerprint, userName: user, password },
    serial: member.serial,
  };
});
afterAll(() => served.close());

powerContract("the lab's controller", () => bench);
