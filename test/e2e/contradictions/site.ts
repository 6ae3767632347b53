/** One lab behind real sockets, its objects in a namespace of its own, and a person with kubectl beside it. */
import { stringify } from 'yaml';
import { systemClock, systemRandom } from '../../../src/adapters/clock/systemClock.ts';
import type { Host } from '../../../src/api/generated/types.ts';
import type { Lab, LabOptions } from '../../../src/lab/lab.ts';
import { manifestsOf, releaseRequest } from '../../../src/lab/manifests.ts';
import { serveLab } from '../../../src/lab/sockets.ts';
import { sleep } from '../../../src/ports/clock.ts';
import type { KubernetesObject } from '../../../src/ports/kubernetes.ts';
import { mustSucceed } from '../../cluster/start.ts';
import type { Server } from './servers.ts';

export const lostHost = 'host-3';
const requestName = 'release-3';
/** Far more than anything here takes on a machine that is busy with other things. */
const deadlineMs = 180_000;
const lookEveryMs = 700;

export interface SiteOptions {
  readonly namespace: string;
  readonly seed: number;
  readonly lab?: Partial<Pick<LabOptions, 'machines' | 'outsiders'>>;
  /** The lab's world before anything is declared. */
  readonly steer?: (lab: Lab) => void;
  /** What the person declares otherwise about the Host that is lost later. */
  readonly declares?: Partial<Host['spec']>;
}

export interface Site {
  readonly lab: Lab;
  /** The loss of the member from everybody's sight while it runs on, and the request to release it. */
  lose(): Promise<void>;
  request(): Promise<void>;
  /** A person states, by kubectl patch, that the machine has no power. */
  attest(): Promise<void>;
  /** What kubectl shows of the request under a jsonpath. */
  show(jsonpath: string): Promise<string>;
  untilPoolIsReady(): Promise<void>;
  untilHostSays(condition: string, words: RegExp): Promise<void>;
  untilShown(jsonpath: string, words: RegExp): Promise<void>;
  /** Every harmful act that changed the world, in order. */
  harm(): readonly string[];
  close(): Promise<void>;
}

/** The sentence that `kubectl get rr` has in its last column. */
export const sentence = '{.status.conditions[?(@.type=="Ready")].message}';
export const phase = '{.status.phase}';
/** Names of the guards that allow. */
export const allowing = '{.status.gates[?(@.verdict=="Allow")].guard}';
/** What was written down before it was done. */
export const intents = '{.status.journal[*].act}';
/** What ended each word that was given. */
export const endedWords = '{.status.proofs[*].words[*].endedBecause}';

/** Starts a lab and applies its manifests, as a person would have edited them. */
export async function openSite(server: Server, options: SiteOptions): Promise<Site> {
  const { namespace, seed, declares } = options;
  const served = await serveLab({
    seed,
    members: 3,
    virtualServers: 6,
    localVirtualServers: 0,
    version: '8.3',
    clock: systemClock,
    random: systemRandom,
    speed: 20,
    // Six labs write at the same time.
    latencies: { writeEveryMs: 4000 },
    ...options.lab,
  });
  const { lab } = served;
  options.steer?.(lab);
  const kubectl = async (args: readonly string[], stdin?: string): Promise<string> => {
    const called = await mustSucceed(
      server.kubectl,
      ['--namespace', namespace, ...args],
      stdin === undefined ? { deadlineMs } : { deadlineMs, stdin },
    );
    return called.stdout;
  };
  const apply = async (objects: readonly KubernetesObject[]): Promise<void> => {
    await kubectl(['apply', '-f', '-'], objects.map((object) => stringify(object)).join('---\n'));
  };
  const until = async (look: () => Promise<string>, words: RegExp): Promise<void> => {
    const giveUpMs = systemClock.monotonicMs() + deadlineMs;
    for (;;) {
      const shown = await look();
      if (words.test(shown)) return;
      const [violation] = lab.verdict().violations;
      if (violation !== undefined) throw new Error(`${namespace}: ${violation.sentence}`);
      if (systemClock.monotonicMs() > giveUpMs)
        throw new Error(`${namespace}: waited for ${words}, and it shows "${shown}"`);
      await sleep(systemClock, lookEveryMs);
    }
  };
  const show = (jsonpath: string): Promise<string> =>
    kubectl(['get', 'rr', requestName, '-o', `jsonpath=${jsonpath}`]);
  const request = (): Promise<void> =>
    apply([releaseRequest({ namespace, name: requestName, hostName: lostHost, mode: 'Execute' })]);
  try {
    await server.openNamespace(namespace);
    await apply(
      manifestsOf(lab.document, { namespace, mode: 'Manual', memberTimeoutSeconds: 10 }).map((object) =>
        object.kind === 'Host' && object.metadata.name === lostHost
          ? ({ ...object, spec: { ...(object as Host).spec, ...declares } } as Host)
          : object,
      ),
    );
  } catch (error) {
    await served.close();
    throw error;
  }
  return {
    lab,
    request,
    show,
    lose: async () => {
      lab.steer.partition(lostHost, 'everyone', 'management');
      await served.settled();
      await request();
    },
    attest: async () => {
      const hostUUID = lab.document.members.find((each) => each.name === lostHost)?.hostUUID;
      const at = new Date(systemClock.wallMs()).toISOString().replace(/\.\d+Z$/, 'Z');
      const word = { statement: 'I pulled both plugs.', hostUUID, by: server.user, at, validForSeconds: 600 };
      const change = JSON.stringify({ spec: { attestations: [word] } });
      await kubectl(['patch', 'rr', requestName, '--type', 'merge', '--patch', change]);
    },
    untilPoolIsReady: async () => {
      await kubectl(['wait', '--for=condition=Ready', 'pool/lab', `--timeout=${deadlineMs / 1000}s`]);
    },
    untilHostSays: (condition, words) =>
      until(() => {
        const found = `{.status.conditions[?(@.type=="${condition}")]}`;
        const path = `jsonpath=${found}`;
        return kubectl(['get', 'host', lostHost, '-o', path]);
      }, words),
    untilShown: (jsonpath, words) => until(() => show(jsonpath), words),
    harm: () =>
      lab
        .verdict()
        .harmfulEffects.filter((act) => act.changedAnything)
        .map((act) => `${act.kind} ${act.target}`),
    close: served.close,
  };
}
