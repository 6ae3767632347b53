/**
 * Six histories that contradict themselves. In the first five the member that was lost runs on, so that whatever is
 * declared dead or started elsewhere corrupts its disks; in the sixth one of its virtual machines runs on elsewhere.
 */
import { endedWords, intents, lostHost, type Site, type SiteOptions, sentence } from './site.ts';

export interface History {
  readonly title: string;
  readonly site: SiteOptions;
  /** What happens until the operator is restarted. */
  readonly before: (site: Site) => Promise<void>;
  /** What happens while no operator runs. */
  readonly meanwhile?: (site: Site) => void;
  readonly ends: {
    readonly phase: string;
    readonly says: RegExp;
    /** Guards that allow in the end, so that it is not them who keep the world from harm. */
    readonly allows: RegExp;
    readonly harm: readonly string[];
  };
}

const silent = /\bmemberIsSilent\b/;
const foreignSerial = 'SPARE-1';
const placeholder = '0123456789';

export const histories: readonly History[] = [
  {
    title: 'a Host that is declared with the serial and the controller of another machine, which is off',
    site: {
      namespace: 'another-machine',
      seed: 101,
      lab: {
        outsiders: [{ name: 'spare', power: 'off' }],
        machines: [{}, {}, { cabledTo: 'spare', controller: { serial: foreignSerial } }],
      },
      declares: { serial: foreignSerial },
    },
    before: async (site) => {
      await site.untilHostSays('FencingReady', /"reason":"AnotherMachine"/);
      await site.lose();
    },
    ends: {
      phase: 'Refused',
      says: /The pool read the serial \S+ from host-3, and the Host host-3 is declared with SPARE-1\. Correct the Host/,
      allows: silent,
      harm: [],
    },
  },
  {
    title: 'boards that all show the placeholder of their maker, and two controllers with swapped cables',
    site: {
      namespace: 'placeholder',
      seed: 102,
      lab: {
        machines: [
          { serial: placeholder },
          { serial: placeholder, cabledTo: lostHost },
          { serial: placeholder, cabledTo: 'host-2' },
        ],
      },
    },
    before: async (site) => {
      await site.untilHostSays('FencingReady', /"reason":"AnotherMachine"/);
      await site.lose();
    },
    ends: {
      phase: 'Refused',
      says: /The serial of the Host host-3 is 0123456789, which makers leave on every board, so it identifies no machine\. Give a number that this machine alone has/,
      allows: silent,
      harm: [],
    },
  },
  {
    title: "a person's word that the controller contradicted before it hung",
    site: { namespace: 'contradicted-word', seed: 103 },
    before: async (site) => {
      await site.untilPoolIsReady();
      site.lab.steer.setBmc(lostHost, 'ignoresReset');
      await site.lose();
      await site.untilShown(intents, /\bcutPower\b/);
      await site.attest();
      await site.untilShown(endedWords, /said that the power of host-3 is "On"/);
    },
    meanwhile: (site) => site.lab.steer.setBmc(lostHost, 'hangs'),
    ends: {
      phase: 'Running',
      says: /The attestation by \S+ does not count any more: .* said that the power of host-3 is "On"\./,
      allows: silent,
      harm: [],
    },
  },
  {
    title: "a person's word that was given while the pool master still reached the machine",
    site: { namespace: 'early-word', seed: 104, steer: (lab) => lab.steer.setBmc(lostHost, 'hangs') },
    before: async (site) => {
      await site.untilHostSays('FencingReady', /did not answer within/);
      site.lab.steer.partition('operator', lostHost, 'management');
      await site.request();
      // What was heard before the word is then older than the word, so that the master's contact alone ends it.
      await site.untilHostSays('Ready', /does not answer/);
      await site.attest();
      await site.untilShown(endedWords, /the pool master reached host-3 after it was given/);
      site.lab.steer.partition(lostHost, 'everyone', 'management');
    },
    ends: {
      phase: 'Waiting',
      says: /The attestation by \S+ does not count any more: the pool master reached host-3 after it was given\. Make sure again that host-3 has no power, and add a new one/,
      allows: silent,
      harm: [],
    },
  },
  {
    title: 'a controller that said Off of a machine that answered',
    site: {
      namespace: 'lying-controller',
      seed: 105,
      steer: (lab) => lab.steer.setBmc(lostHost, 'saysAlwaysOff'),
    },
    before: async (site) => {
      await site.untilHostSays('FencingReady', /"reason":"Distrusted"/);
      await site.lose();
    },
    ends: {
      phase: 'Refused',
      says: /The power controller of host-3 was caught: .* said "Off", and \d+ s later .*Find out why and mend it\. Then set spec\.power\[\]\.redfish\.checkedAt/,
      allows: silent,
      harm: [],
    },
  },
  {
    title: 'a virtual machine that was being moved away from the member and runs at its other end',
    site: { namespace: 'moving', seed: 106 },
    before: async (site) => {
      await site.untilPoolIsReady();
      site.lab.steer.migrate('app-01', 'host-2', { stopsWhen: 'targetRuns' });
      await site.lose();
      await site.untilShown(sentence, /./);
    },
    ends: {
      phase: 'Succeeded',
      says: /app-01 runs on the host that it was being moved to, and the pool does not know it; why in status\.items says what to do/,
      allows: /(?:)/,
      harm: [`forceOff ${lostHost}`, `declareDead ${lostHost}`, 'start web-02'],
    },
  },
];
