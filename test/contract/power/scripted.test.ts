import { afterAll, beforeAll, describe } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/systemClock.ts';
import { type Served, serveTls } from '../../../src/wire/serve.ts';
import {
  bmcPassword,
  bmcSerial,
  bmcUser,
  createScriptedBmc,
  type ScriptedBmc,
} from '../../adapters/power/scriptedBmc.ts';
import { type PowerBench, powerContract } from './powerContract.ts';
import { makeCertificate } from './selfSigned.ts';

describe.each(['sessions', 'basic'] as const)('with %s', (login) => {
  let served: Served;
  let bench: PowerBench;

  beforeAll(async () => {
    const bmc: ScriptedBmc = createScriptedBmc({ clock: systemClock, offTakesMs: 300 });
    bmc.login = login;
    const { key, cert, sha256Fingerprint } = await makeCertificate();
    served = await serveTls(bmc.handler, { address: '127.0.0.1', port: 0, key, cert });
    const { origin } = served;
    bench = {
      access: { origin, sha256Fingerprint, userName: bmcUser, password: bmcPassword },
      serial: bmcSerial,
    };
  });
  afterAll(() => served.close());

  powerContract('a scripted controller', () => bench);
});
