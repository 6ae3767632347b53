import { secretKind } from '../api/kinds.ts';
import type { Clock } from '../ports/clock.ts';
import {
  type KubernetesApi,
  KubernetesError,
  type KubernetesObject,
  type ObjectName,
} from '../ports/kubernetes.ts';

export interface Account {
  readonly userName: string;
  readonly password: string;
}

interface Secret extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>;
}

export interface Accounts {
  /**
   * The account in a Secret, or the sentence that says what is wrong with it. What was read at most `maxAgeMs` ago is not
   * read again, and while the API server cannot be asked what was read before still counts.
   */
  read(at: ObjectName, maxAgeMs: number): Promise<Account | { readonly because: string }>;
}

/** A Secret is read by name when it is needed, and again after this time: nobody watches or lists Secrets. */
export const settledAccountMs = 10 * 60_000;
/** While something does not answer or refuses, its account may have been corrected. */
export const troubledAccountMs = 30_000;

export function createAccounts(options: { readonly api: KubernetesApi; readonly clock: Clock }): Accounts {
  const kept = new Map<string, { readonly account: Account; readonly readMs: number }>();
  return {
    read: async (at, maxAgeMs) => {
      const key = `${at.namespace}/${at.name}`;
      const before = kept.get(key);
      if (before !== undefined && options.clock.monotonicMs() - before.readMs < maxAgeMs)
        return before.account;
      const account = await readAccount(options.api, at, before?.account);
      if ('because' in account) kept.delete(key);
      else kept.set(key, { account, readMs: options.clock.monotonicMs() });
      return account;
    },
  };
}

async function readAccount(
  api: KubernetesApi,
  at: ObjectName,
  before: Account | undefined,
): Promise<Account | { readonly because: string }> {
  const where = `Secret ${at.name} in namespace ${at.namespace}`;
  try {
    const secret = await api.read<Secret>(secretKind, at);
    if (secret === undefined)
      return { because: `There is no ${where}. Create it with the keys username and password.` };
    const userName = decoded(secret, 'username');
    const password = decoded(secret, 'password');
    if (userName === undefined || password === undefined) {
      return {
        because: `${where} lacks the key ${userName === undefined ? 'username' : 'password'}. Add it.`,
      };
    }
    const wrong = whatIsWrong('user name', userName, where) ?? whatIsWrong('password', password, where);
    return wrong === undefined ? { userName, password } : { because: wrong };
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    if (error.status === 403) {
      return {
        because: `The operator may not read ${where}. Bind the Role of manifests/ in that namespace.`,
      };
    }
    return before ?? { because: `${where} could not be read: ${error.message}` };
  }
}

/**
 * A word that nobody can have typed. It is not sent, and not mended either: a controller or a member would count it as a
 * wrong password and lock the account in the end, and whoever wrote it should know.
 */
function whatIsWrong(what: string, word: string, where: string): string | undefined {
  if (word === '') return `The ${what} in ${where} is empty. Give it.`;
  if (/[\r\n]$/.test(word)) {
    return `The ${what} in ${where} ends in a line break, as echo writes it, and is not used. Write it without: printf '%s' WORD | base64, or kubectl create secret with --from-literal.`;
  }
  return hasControlCharacter(word)
    ? `The ${what} in ${where} contains a line break or another control character, and is not used. Write it without.`
    : undefined;
}

function hasControlCharacter(word: string): boolean {
  return [...word].some((character) => character < ' ' || character === '\u007f' || character === '\ufffd');
}

function decoded(secret: Secret, name: string): string | undefined {
  const value = secret.data?.[name];
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
}
