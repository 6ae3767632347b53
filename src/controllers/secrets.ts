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
  /** The account in a Secret, or the sentence that says what is wrong with it. Read anew after a while. */
  read(at: ObjectName): Promise<Account | { readonly missing: string }>;
  /** Forgets what was read, after credentials were refused. */
  forget(at: ObjectName): void;
}

/** A Secret is read by name when it is needed, and again after this time: nobody watches or lists Secrets. */
const keptMs = 10 * 60_000;

export function createAccounts(options: { readonly api: KubernetesApi; readonly clock: Clock }): Accounts {
  const kept = new Map<string, { readonly account: Account; readonly readMs: number }>();
  const key = (at: ObjectName): string => `${at.namespace}/${at.name}`;
  return {
    read: async (at) => {
      const before = kept.get(key(at));
      if (before !== undefined && options.clock.monotonicMs() - before.readMs < keptMs) return before.account;
      const account = await readAccount(options.api, at);
      if ('missing' in account) kept.delete(key(at));
      else kept.set(key(at), { account, readMs: options.clock.monotonicMs() });
      return account;
    },
    forget: (at) => {
      kept.delete(key(at));
    },
  };
}

async function readAccount(
  api: KubernetesApi,
  at: ObjectName,
): Promise<Account | { readonly missing: string }> {
  const where = `Secret ${at.name} in namespace ${at.namespace}`;
  try {
    const secret = await api.read<Secret>(secretKind, at);
    if (secret === undefined)
      return { missing: `There is no ${where}. Create it with the keys username and password.` };
    const userName = decoded(secret, 'username');
    const password = decoded(secret, 'password');
    if (userName === undefined || password === undefined) {
      return {
        missing: `${where} lacks the key ${userName === undefined ? 'username' : 'password'}. Add it.`,
      };
    }
    return { userName, password };
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    return error.status === 403
      ? { missing: `The operator may not read ${where}. Bind the Role of manifests/ in that namespace.` }
      : { missing: `${where} could not be read: ${error.message}` };
  }
}

function decoded(secret: Secret, name: string): string | undefined {
  const value = secret.data?.[name];
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
}
