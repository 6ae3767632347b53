/** Controllers as they are in server rooms. One row each: what it does, what a reading says, what a cut comes to. */
import { describe, expect, test } from 'vitest';
import type { HttpReply } from '../../../src/wire/http.ts';
import { type Bench, bench, resetPath, systemPath } from './bench.ts';
import { failure, json } from './scriptedBmc.ts';

const sessions = '/redfish/v1/SessionService/Sessions';

interface Quirk {
  readonly does: string;
  readonly arrange: (one: Bench) => void;
  readonly access?: { readonly systemId?: string };
  /** Power, or the sentence of a reading that is unknown. */
  readonly reads: string | RegExp;
  readonly cut: { readonly kind: string } & Record<string, unknown>;
  /** How many resets it is sent. */
  readonly resets: number;
  /** Its power some seconds later. */
  readonly ends: string;
}

const cutIs = { kind: 'succeeded' } as const;
const moved = (status: number, location: string): HttpReply => ({ status, headers: { location }, body: '' });

function onReset(one: Bench, reply: (n: number) => HttpReply | 'hangUp' | undefined): void {
  let n = 0;
  one.bmc.answer = ({ path }) => {
    if (path !== resetPath) return undefined;
    n += 1;
    return reply(n);
  };
}

const quirks: readonly Quirk[] = [
  ...[301, 302, 307, 308].map(
    (status): Quirk => ({
      does: `wants a closing slash and redirects (${status}) the system`,
      arrange: ({ bmc }) => {
        bmc.answer = ({ path, method }) => {
          if (path === systemPath && method === 'GET') return moved(status, `${systemPath}/`);
          return path === `${systemPath}/`
            ? json(200, {
                PowerState: bmc.power,
                Actions: { '#ComputerSystem.Reset': { target: resetPath } },
              })
            : undefined;
        };
      },
      reads: 'on',
      cut: cutIs,
      resets: 1,
      ends: 'Off',
    }),
  ),
  {
    does: 'redirects the system to another controller',
    arrange: ({ bmc }) => {
      bmc.answer = ({ path }) =>
        path === systemPath ? moved(308, 'https://10.66.6.6/redfish/v1/Systems/7') : undefined;
    },
    reads: /redirects \/redfish\/v1\/Systems\/7 to https:\/\/10\.66\.6\.6\/.*, and that is not followed/,
    cut: { kind: 'notSent' },
    resets: 0,
    ends: 'On',
  },
  {
    does: 'knows its service root only without a closing slash',
    arrange: ({ bmc }) => {
      bmc.answer = ({ path }) => {
        if (path === '/redfish/v1/') return failure(404, 'Base.1.0.ResourceMissingAtURI', 'what?');
        const root = {
          Systems: { '@odata.id': '/redfish/v1/Systems' },
          Links: { Sessions: { '@odata.id': sessions } },
        };
        return path === '/redfish/v1' ? json(200, root) : undefined;
      };
    },
    reads: 'on',
    cut: cutIs,
    resets: 1,
    ends: 'Off',
  },
  {
    does: 'closes its links with a slash',
    arrange: ({ bmc }) => {
      bmc.answer = ({ path }) => {
        if (path === '/redfish/v1/Systems')
          return json(200, { Members: [{ '@odata.id': `${systemPath}/` }] });
        return path === `${systemPath}/`
          ? json(200, { PowerState: bmc.power, Actions: { '#ComputerSystem.Reset': { target: resetPath } } })
          : undefined;
      };
    },
    reads: 'on',
    cut: cutIs,
    resets: 1,
    ends: 'Off',
  },
  {
    does: 'redirects the system in a circle',
    arrange: ({ bmc }) => {
      bmc.answer = ({ path }) => {
        if (path === systemPath) return moved(301, `${systemPath}/`);
        return path === `${systemPath}/` ? moved(301, systemPath) : undefined;
      };
    },
    reads: /is not followed/,
    cut: { kind: 'notSent' },
    resets: 0,
    ends: 'On',
  },
  {
    does: 'redirects the reset (308) to its closing slash',
    arrange: (one) => {
      one.bmc.answer = ({ path }) => {
        if (path === resetPath) return moved(308, `${resetPath}/`);
        if (path !== `${resetPath}/`) return undefined;
        one.bmc.power = 'Off';
        return json(200, {});
      };
    },
    reads: 'on',
    cut: cutIs,
    resets: 1,
    ends: 'Off',
  },
  {
    does: 'answers the reset with "see other" (303), which may mean that it was done',
    arrange: (one) => onReset(one, () => moved(303, `${resetPath}/`)),
    reads: 'on',
    cut: { kind: 'failed', code: 'HTTP 303' },
    resets: 1,
    ends: 'On',
  },
  {
    does: 'has several systems, and one is named',
    access: { systemId: '7' },
    arrange: ({ bmc }) => {
      bmc.systems = ['7', '8'];
    },
    reads: 'on',
    cut: cutIs,
    resets: 1,
    ends: 'Off',
  },
  {
    does: 'has several systems, and none is named',
    arrange: ({ bmc }) => {
      bmc.systems = ['7', '8'];
    },
    reads: /has 2 systems \(7, 8\): name the right one in systemId/,
    cut: { kind: 'notSent' },
    resets: 0,
    ends: 'On',
  },
  ...[503, 405, 404, 501].map(
    (status): Quirk => ({
      does: `gives no session (${status}) and takes Basic`,
      arrange: ({ bmc }) => {
        bmc.login = 'basic';
        bmc.resources = { '': { Links: { Sessions: { '@odata.id': sessions } } } };
        bmc.answer = ({ path }) => (path === sessions ? failure(status, 'Base.1.0.No', 'no') : undefined);
      },
      reads: 'on',
      cut: cutIs,
      resets: 1,
      ends: 'Off',
    }),
  ),
  {
    does: 'gives no session (503) and takes no Basic either',
    arrange: ({ bmc }) => {
      bmc.answer = ({ path }) =>
        path === sessions ? failure(503, 'Base.1.0.SessionLimitExceeded', 'too many sessions') : undefined;
    },
    reads: /too many sessions, and without a session .* free a session of the controller/,
    cut: { kind: 'notSent' },
    resets: 0,
    ends: 'On',
  },
  {
    does: 'takes the reset as a task (202)',
    arrange: (one) =>
      onReset(one, () => {
        one.bmc.power = 'Off';
        return {
          ...json(202, { '@odata.id': '/redfish/v1/TaskService/Tasks/1' }),
          headers: { location: '/redfish/v1/TaskService/TaskMonitors/1' },
        };
      }),
    reads: 'on',
    cut: cutIs,
    resets: 1,
    ends: 'Off',
  },
  {
    does: 'resets, and drops the connection over it',
    arrange: (one) =>
      onReset(one, () => {
        one.bmc.power = 'Off';
        return 'hangUp';
      }),
    reads: 'on',
    cut: { kind: 'lost' },
    resets: 1,
    ends: 'Off',
  },
  {
    does: 'tells no power state',
    arrange: ({ bmc }) => {
      bmc.system = { PowerState: null };
    },
    reads: /does not tell its power state/,
    cut: { kind: 'notSent' },
    resets: 0,
    ends: 'On',
  },
  {
    does: 'is switching off for a minute',
    arrange: ({ bmc }) => {
      bmc.power = 'PoweringOff';
    },
    reads: 'other',
    cut: cutIs,
    resets: 1,
    ends: 'Off',
  },
  ...[412, 428].map(
    (status): Quirk => ({
      does: `wants to be told the version that is meant (${status})`,
      arrange: (one) => {
        one.bmc.system = { '@odata.etag': 'W/"5"' };
        one.bmc.answer = ({ path, headers }) =>
          path === resetPath && headers['if-match'] !== 'W/"5"'
            ? failure(status, 'Base.1.0.PreconditionFailed', 'If-Match')
            : undefined;
      },
      reads: 'on',
      cut: cutIs,
      resets: 2,
      ends: 'Off',
    }),
  ),
  {
    does: 'has a clock that is years off',
    arrange: ({ bmc }) => {
      bmc.answer = ({ path }) =>
        path === '/redfish/v1/Systems'
          ? {
              ...json(200, { Members: [{ '@odata.id': systemPath }] }),
              headers: { date: 'Thu, 01 Jan 1970 00:00:07 GMT', 'content-type': 'application/json' },
            }
          : undefined;
    },
    reads: 'on',
    cut: cutIs,
    resets: 1,
    ends: 'Off',
  },
];

describe.each(quirks)('a controller that $does', ({ arrange, access, reads, cut, resets, ends }) => {
  test('is read for what it is', async () => {
    const one = await bench(access);
    arrange(one);
    const reading = await one.run((device) => device.read(60_000));
    if (typeof reads === 'string') expect(reading).toMatchObject({ value: { power: reads } });
    else expect(reading).toMatchObject({ kind: 'unknown', because: expect.stringMatching(reads) });
  });

  test('is told to cut no oftener than it has to be', async () => {
    const one = await bench(access);
    arrange(one);
    expect(await one.run((device) => device.off(60_000))).toMatchObject(cut);
    await one.pass(60_000);
    const told = one.bmc.seen.filter(({ method, path }) => method === 'POST' && path === resetPath);
    expect(told.map(({ body }) => body)).toEqual(Array(resets).fill('{"ResetType":"ForceOff"}'));
    expect(one.bmc.power).toBe(ends);
    expect(one.simulation.transcript.join('\n')).not.toContain('10.66.6.6:443');
  });
});

test('a certificate that is renewed in the middle is another controller: no reading, no reset, and it says so', async () => {
  const { run, bmc, renewCertificate } = await bench();
  expect(await run((device) => device.read(60_000))).toMatchObject({ kind: 'known' });
  renewCertificate();
  expect(await run((device) => device.read(60_000))).toMatchObject({
    kind: 'unknown',
    because: expect.stringMatching(/showed the certificate .*, expected was .* pin the new fingerprint/i),
  });
  expect(await run((device) => device.off(60_000))).toMatchObject({ kind: 'notSent' });
  expect(bmc.power).toBe('On');
});
