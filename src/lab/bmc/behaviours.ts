/** What a BMC may be like, in the words of `kintsugi lab bmc` and of `Steering.setBmc`. Several hold at once. */
export const plainBehaviours = {
  honest: 'as a good one is',
  saysAlwaysOff: 'says Off whatever the power is, and cuts nothing',
  saysAlwaysOn: 'says On whatever the power is; a reset works',
  ignoresReset: 'accepts ForceOff with success and does nothing',
  hangs: 'never answers',
  losesPowerWithHost: "has no supply of its own: gone when the machine's mains are cut",
  refusesPassword: 'takes nobody in',
  anotherSerial: 'belongs to another machine: another serial and system UUID',
  powerStateNull: 'does not tell the power state',
  mayOnlyRead: 'the account has the role ReadOnly; a reset is refused with 403',
  hidesAccounts: 'the account may not read the account service',
  offersNoForceOff: 'takes On and GracefulShutdown alone, and says so',
  offersInActionInfo: 'says in an ActionInfo resource what it takes',
  offersEmptyList: 'says with an empty list what it takes; ForceOff works',
  noSessions: 'answers a login with 405; Basic works',
  noSessionLeft: 'answers a login with 503; Basic works',
  redirects: 'redirects the system to its closing slash (308)',
  severalSystems: 'lists another system beside the machine',
  answersWithTask: 'takes a reset with 202 and a task',
  dropsConnectionAtReset: 'resets, and breaks the connection over it',
  wantsIfMatch: "takes a reset only with the system's ETag (428, 412)",
  clockYearsOff: 'dates its answers in 1970',
} as const;

type PlainBehaviour = keyof typeof plainBehaviours;

/** Those that are said with a number. */
export const countedBehaviours = {
  answersAfterMs: 'takes so many milliseconds for each answer',
  busyTimes: 'answers so many resets with 503 and Retry-After, and does nothing',
  goesOffAfterMs: 'needs so many milliseconds to cut the power, and says PoweringOff meanwhile',
} as const;

type CountedBehaviour = keyof typeof countedBehaviours;

/** How who still uses a session that has ended is answered. */
export const looksOfEndedSession = [
  '401',
  '401WithoutBody',
  '401Endless',
  '403',
  '500',
  'loginPage',
  'redirectToLogin',
] as const;

export type LookOfEndedSession = (typeof looksOfEndedSession)[number];

const endedSession = 'endedSessionIs';
const endedSessionMeans = 'ends every session, and answers who still uses one so';

export type BmcBehaviour =
  | PlainBehaviour
  | `${CountedBehaviour}=${number}`
  | `${typeof endedSession}=${LookOfEndedSession}`;

/** Every behaviour as people write it, and what it is. */
export const bmcBehaviours: readonly { readonly word: string; readonly means: string }[] = [
  ...Object.entries(plainBehaviours).map(([word, means]) => ({ word, means })),
  ...Object.entries(countedBehaviours).map(([word, means]) => ({ word: `${word}=N`, means })),
  { word: `${endedSession}=LOOK`, means: `${endedSessionMeans}: ${looksOfEndedSession.join(', ')}` },
];

/** Throws a sentence that says which there are. */
export function bmcBehaviour(text: string): BmcBehaviour {
  const [name = '', value] = text.split('=');
  const plain = value === undefined && Object.hasOwn(plainBehaviours, name);
  const counted = Object.hasOwn(countedBehaviours, name) && /^\d{1,9}$/.test(value ?? '');
  const ended = name === endedSession && looksOfEndedSession.some((look) => look === value);
  if (plain || counted || ended) return text as BmcBehaviour;
  throw new Error(
    `a BMC behaves in one of these ways: ${bmcBehaviours.map(({ word }) => word).join(', ')}; not ${text}`,
  );
}

export function countOf(behaviours: readonly BmcBehaviour[], name: CountedBehaviour): number | undefined {
  const found = behaviours.find((each) => each.startsWith(`${name}=`));
  return found === undefined ? undefined : Number(found.slice(name.length + 1));
}

export function lookOfEndedSession(behaviours: readonly BmcBehaviour[]): LookOfEndedSession | undefined {
  return looksOfEndedSession.find((look) => behaviours.includes(`${endedSession}=${look}`));
}
