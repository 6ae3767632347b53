import { declaredIdentity, hostUUID, read, shownIdentity, target, type World } from '../facts.ts';
import type { Scenario } from './scenario.ts';

const another = (change: Parameters<typeof declaredIdentity>[1]) => [
  declaredIdentity(1),
  declaredIdentity(4, {
    name: 'other',
    hostUUID: 'another',
    address: '10.9.9.9',
    serial: 'SN-9',
    controllers: [],
    ...change,
  }),
];

/** Identified by its system UUID alone; another controller shows the serial of its board, and a UUID of its own. */
const copiedSerial = (world: World): World =>
  world.identity({
    declared: declaredIdentity(3, { serial: undefined, systemUUID: '4c4c4544-0000-4000-8000-000000000003' }),
    shown: shownIdentity({ systemUUID: '4c4c4544-0000-4000-8000-000000000003' }),
    shownToOthers: [
      {
        ...shownIdentity({
          device: 'redfish https://10.0.9.4',
          systemUUID: '4c4c4544-0000-4000-8000-000000000004',
        }),
        host: 'host-4',
      },
    ],
  });

export const identityScenarios: readonly Scenario[] = [
  {
    guard: 'exactlyOneMasterAnswers',
    rule: 'refuses while two members answer as master',
    change: (world) => world.answer(hostUUID(2), { kind: 'master' }),
    verdict: 'deny',
    says: /host-1 and host-2 both answer as pool master/,
  },
  {
    guard: 'exactlyOneMasterAnswers',
    rule: 'waits while nobody answers as master',
    change: (world) => world.answer(hostUUID(1), { kind: 'member', ofAddress: '10.0.0.4' }),
    verdict: 'unknown',
    says: /No member answers as pool master/,
  },
  {
    guard: 'exactlyOneMasterAnswers',
    rule: 'waits when a member was last asked more than 15 s ago, for it may be a second master by now',
    change: (world) => world.answer(hostUUID(4), read({ kind: 'member', ofAddress: '10.0.0.1' }, 15_001)),
    verdict: 'unknown',
    says: /Whether host-4 is master was last read/,
  },
  {
    guard: 'exactlyOneMasterAnswers',
    rule: 'refuses while the member that was master at the last act is out of sight, for it may be master still',
    change: (world) =>
      world
        .acted({ key: `declareDead ${target}`, master: hostUUID(4) })
        .answer(hostUUID(4), { kind: 'silent', says: 'no answer' }),
    verdict: 'deny',
    says: /host-4 was pool master when this recovery last acted, and host-1 is now\. host-4 does not answer as a member/,
  },
  {
    guard: 'exactlyOneMasterAnswers',
    rule: 'refuses while nobody declares the member that was master at the last act',
    change: (world) => world.acted({ key: `declareDead ${target}`, master: 'forgotten' }),
    verdict: 'deny',
    says: /forgotten was pool master when this recovery last acted/,
  },
  {
    guard: 'exactlyOneMasterAnswers',
    rule: 'allows when the member that was master at the last act answers as a member of another',
    change: (world) => world.acted({ key: `declareDead ${target}`, master: hostUUID(4) }),
    verdict: 'allow',
    says: /host-1 alone answers as pool master/,
  },
  {
    guard: 'machineIsTheOneMeant',
    rule: 'refuses a host UUID that two Hosts claim, naming both',
    change: (world) => world.identity({ otherHosts: another({ hostUUID: target }) }),
    verdict: 'deny',
    says: /claimed by the Hosts host-3 and other/,
  },
  {
    guard: 'machineIsTheOneMeant',
    rule: 'refuses a serial that two Hosts are declared with',
    change: (world) => world.identity({ otherHosts: another({ serial: 'SN-3' }) }),
    verdict: 'deny',
    says: /host-3 and other are declared with the same serial, SN-3/,
  },
  {
    guard: 'machineIsTheOneMeant',
    rule: 'refuses an address that two Hosts are declared with',
    change: (world) => world.identity({ otherHosts: another({ address: '10.0.0.3' }) }),
    verdict: 'deny',
    says: /same address, 10\.0\.0\.3/,
  },
  {
    guard: 'machineIsTheOneMeant',
    rule: 'refuses a power controller that two Hosts name',
    change: (world) =>
      world.identity({
        otherHosts: another({ controllers: [{ url: 'https://10.0.9.3', systemId: '1' }] }),
      }),
    verdict: 'deny',
    says: /same power controller, https:\/\/10\.0\.9\.3/,
  },
  {
    guard: 'machineIsTheOneMeant',
    rule: 'refuses a serial that makers leave on every board',
    change: (world) => world.declaredAs({ serial: '0123456789' }),
    verdict: 'deny',
    says: /0123456789, which makers leave on every board/,
  },
  {
    guard: 'machineIsTheOneMeant',
    rule: 'refuses when the pool read another serial from the firmware of the machine',
    change: (world) => world.host(target, { serial: 'SN-7' }),
    verdict: 'deny',
    says: /pool read the serial SN-7 from host-3, and the Host host-3 is declared with SN-3/,
  },
  {
    guard: 'machineIsTheOneMeant',
    rule: 'refuses when the pool read the declared serial from another member as well',
    change: (world) => world.host(hostUUID(4), { serial: 'SN-3' }),
    verdict: 'deny',
    says: /SN-3 from host-4 and from host-3, so it identifies neither/,
  },
  {
    guard: 'machineIsTheOneMeant',
    rule: 'refuses when the pool has the declared address at another member',
    change: (world) => world.host(target, { address: '10.0.0.2' }).host(hostUUID(2), { address: '10.0.0.3' }),
    verdict: 'deny',
    says: /declared at 10\.0\.0\.3, which in the pool is the address of host-2/,
  },
  {
    guard: 'machineIsTheOneMeant',
    rule: 'refuses a controller that shows another machine',
    change: (world) => world.identity({ shown: shownIdentity({ serial: 'SN-7' }) }),
    verdict: 'deny',
    says: /shows the serial SN-7, and the Host host-3 is declared with serial SN-3/,
  },
  {
    guard: 'machineIsTheOneMeant',
    rule: 'refuses a controller that shows what identifies another member',
    change: (world) =>
      world.declaredAs({ boardSerial: 'B-3' }).identity({
        declared: declaredIdentity(3, { boardSerial: 'B-3' }),
        shown: shownIdentity({ serial: 'B-3', sku: 'SN-4' }),
      }),
    verdict: 'deny',
    says: /shows what identifies host-4/,
  },
  {
    guard: 'machineIsTheOneMeant',
    rule: "refuses a controller that shows the machine of another Host's controller",
    change: (world) =>
      world.identity({
        shownToOthers: [{ ...shownIdentity({ device: 'redfish https://10.0.9.4' }), host: 'host-4' }],
      }),
    verdict: 'deny',
    says: /show the same machine/,
  },
  {
    guard: 'machineIsTheOneMeant',
    rule: 'refuses a serial that two controllers show, also under two system UUIDs',
    change: (world) =>
      world.identity({
        shownToOthers: [
          {
            ...shownIdentity({ device: 'redfish https://10.0.9.4', systemUUID: 'another-uuid' }),
            host: 'host-4',
          },
        ],
      }),
    verdict: 'deny',
    says: /show the same machine/,
  },
  {
    guard: 'machineIsTheOneMeant',
    rule: 'refuses a serial that two controllers show under two system UUIDs, although the UUID fits the declared one',
    change: (world) => copiedSerial(world),
    verdict: 'deny',
    says: /both show the serial SN-3, so one of them stands for another machine than it shows/,
  },
  {
    guard: 'machineIsTheOneMeant',
    rule: 'refuses when the pool shows a serial that is longer than any that a maker leaves',
    change: (world) => world.host(target, { serial: 'S'.repeat(300) }),
    verdict: 'deny',
    says: /pool read the serial SSS/,
  },
  {
    guard: 'machineIsTheOneMeant',
    rule: 'refuses a controller that shows another system UUID than the declared one, whatever its serial',
    change: (world) =>
      world.identity({
        declared: declaredIdentity(3, { systemUUID: '4c4c4544-0000-4000-8000-000000000003' }),
        shown: shownIdentity({ systemUUID: '4c4c4544-0000-4000-8000-000000000004' }),
      }),
    verdict: 'deny',
    says: /shows the system UUID 4c4c4544-0000-4000-8000-000000000004/,
  },
  {
    guard: 'machineIsTheOneMeant',
    rule: 'refuses a controller that nothing links to the machine where the pool shows no serial',
    change: (world) => world.host(target, { serial: '' }).identity({ controllerConfirmed: false }),
    verdict: 'deny',
    says: /shows no serial for host-3.*has not yet been seen to say On while host-3 answered/,
  },
  {
    guard: 'machineIsTheOneMeant',
    rule: 'refuses a controller that was never seen to say On',
    change: (world) => world.identity({ controllerConfirmed: false, controllerShowedOn: false }),
    verdict: 'deny',
    says: /has not yet been seen to say On, so nothing shows that it tells the power of host-3/,
  },
  {
    guard: 'machineIsTheOneMeant',
    rule: 'takes a controller that followed the machine where the pool shows no serial',
    change: (world) => world.host(target, { serial: '' }),
    verdict: 'allow',
    says: /Nothing contradicts/,
  },
  {
    guard: 'machineIsTheOneMeant',
    rule: "takes the firmware's serial in SKU where the controller shows the board's as its own",
    change: (world) => world.identity({ shown: shownIdentity({ serial: 'BOARD-77', sku: 'SN-3' }) }),
    verdict: 'allow',
    says: /Nothing contradicts/,
  },
  {
    guard: 'machineIsTheOneMeant',
    rule: 'takes a declared board serial as the second identity',
    change: (world) =>
      world.identity({
        declared: declaredIdentity(3, { boardSerial: 'BOARD-77' }),
        shown: shownIdentity({ serial: 'BOARD-77' }),
      }),
    verdict: 'allow',
    says: /Nothing contradicts/,
  },
  {
    guard: 'machineIsTheOneMeant',
    rule: 'takes a declared system UUID as the second identity, in whatever case',
    change: (world) =>
      world.identity({
        declared: declaredIdentity(3, { systemUUID: '4C4C4544-0000-4000-8000-000000000003' }),
        shown: shownIdentity({ serial: '', systemUUID: '4c4c4544-0000-4000-8000-000000000003' }),
      }),
    verdict: 'allow',
    says: /Nothing contradicts/,
  },
];
