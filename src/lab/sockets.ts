import type { Clock, Random } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { type Certificate, createCertificate } from '../wire/certificate.ts';
import { type Served, serveTls } from '../wire/serve.ts';
import { type Gate, openGate } from './gate.ts';
import { createLab, type Lab, type LabEndpoint, type LabOptions } from './lab.ts';
import type { Place, Places } from './settings.ts';

/** A lab behind real sockets: each member and each BMC at a loopback address of its own, with a key of its own. */
export interface ServedLab {
  readonly lab: Lab;
  /** Resolves when the sockets behave as the world has come to be, after a steering command. */
  settled(): Promise<void>;
  /** Ends the lab and frees every port. */
  close(): Promise<void>;
}

export interface ServeOptions extends Omit<LabOptions, 'places' | 'clock'> {
  readonly clock: Clock;
  /** Chooses the block of loopback addresses, so that several labs stand side by side. */
  readonly random: Random;
  /** Told about bugs of the lab's servers; default: nobody is. */
  readonly log?: Log;
}

const attempts = 20;

/** Rejects with a sentence when the loopback addresses cannot be used. */
export async function serveLab({ random, log, ...options }: ServeOptions): Promise<ServedLab> {
  const block = drawBlock(random);
  const members = await certified('host', block.member, options.members);
  const bmcs = await certified('bmc', block.bmc, options.members);
  const ports = await choosePorts({ members, bmcs });
  const places: Places = { ...ports, members: members.map(asPlace), bmcs: bmcs.map(asPlace) };
  const lab = createLab({ ...options, places });
  const certificates = [...members, ...bmcs];
  const doors: Door[] = [];
  let settling: Promise<unknown> = Promise.resolve();
  const close = async (): Promise<void> => {
    lab.stop();
    await settling.catch(() => {});
    await Promise.all(doors.map(closeDoor));
  };
  try {
    for (const [index, endpoint] of lab.endpoints.entries()) {
      const certificate = certificates[index];
      if (certificate !== undefined) doors.push(await openDoor({ endpoint, log, ...certificate }));
    }
  } catch (error) {
    await close();
    throw error;
  }
  lab.onPresenceChange(() => {
    settling = Promise.all(doors.map(({ gate, endpoint }) => gate.set(endpoint.presence())));
    // Seen by whoever waits for `settled`; a rejection must not end the process before.
    settling.catch(() => {});
  });
  return {
    lab,
    settled: async () => {
      await settling;
    },
    close,
  };
}

interface Door {
  readonly endpoint: LabEndpoint;
  readonly served: Served;
  readonly gate: Gate;
}

interface Doorway {
  readonly endpoint: LabEndpoint;
  readonly certificate: Certificate;
  readonly log: Log | undefined;
}

async function openDoor({ endpoint, certificate, log }: Doorway): Promise<Door> {
  const { key, cert } = certificate;
  const served = await serveTls(endpoint.handler, {
    address: '127.0.0.1',
    port: 0,
    key,
    cert,
    ...(log === undefined ? {} : { log }),
  });
  try {
    const { address, port } = endpoint;
    return { endpoint, served, gate: await openGate({ address, port, innerPort: served.port }) };
  } catch (error) {
    await served.close();
    throw error;
  }
}

async function closeDoor({ gate, served }: Door): Promise<void> {
  await gate.close();
  await served.close();
}

interface Certified {
  readonly address: string;
  readonly certificate: Certificate;
}

function asPlace({ address, certificate }: Certified): Place {
  return { address, sha256Fingerprint: certificate.sha256Fingerprint };
}

async function certified(
  stem: string,
  addressOf: (index: number) => string,
  count: number,
): Promise<readonly Certified[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const address = addressOf(index);
      return {
        address,
        certificate: await createCertificate({ name: `${stem}-${index + 1}`, addresses: [address] }),
      };
    }),
  );
}

interface Block {
  readonly member: (index: number) => string;
  readonly bmc: (index: number) => string;
}

/** 127.x.y.1 … for the members, 127.x.(y+1).1 … for the BMCs. */
function drawBlock(random: Random): Block {
  const second = 1 + Math.floor(random.next() * 254);
  const third = 2 * Math.floor(random.next() * 127);
  return {
    member: (index) => `127.${second}.${third}.${index + 1}`,
    bmc: (index) => `127.${second}.${third + 1}.${index + 1}`,
  };
}

interface Sides {
  readonly members: readonly Certified[];
  readonly bmcs: readonly Certified[];
}

async function choosePorts({ members, bmcs }: Sides): Promise<Pick<Places, 'port' | 'bmcPort'>> {
  return { port: await freeEverywhere(members), bmcPort: await freeEverywhere(bmcs) };
}

/** A port that is free on all of the addresses. It is let go again; somebody else may take it in between. */
async function freeEverywhere(places: readonly Certified[]): Promise<number> {
  let last: unknown;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const held: Gate[] = [];
    try {
      for (const { address } of places) {
        held.push(await openGate({ address, port: held[0]?.port ?? 0, innerPort: 0 }));
      }
      return held[0]?.port ?? 0;
    } catch (error) {
      last = error;
    } finally {
      await Promise.all(held.map((gate) => gate.close()));
    }
  }
  const [first] = places;
  throw new Error(
    `found no port that is free on all of ${first?.address} …: this machine needs the loopback block 127.0.0.0/8`,
    { cause: last },
  );
}
