/** How a pool is reached: the address, the certificate and the account of each member, as they are declared. */
import type { Host, Pool } from '../api/generated/types.ts';
import type { MemberAccess, PoolAccess } from '../ports/hypervisor.ts';
import type { ObjectName } from '../ports/kubernetes.ts';
import { namespaceOf } from './cluster.ts';
import type { Accounts } from './secrets.ts';

/** One member without an account takes nothing from the others; a pool without any cannot be opened. */
export async function accessOf(
  pool: Pool,
  hosts: readonly Host[],
  read: (at: ObjectName) => ReturnType<Accounts['read']>,
): Promise<PoolAccess | { readonly because: string }> {
  const { xapi } = pool.spec.hypervisor;
  if (hosts.length === 0) {
    return { because: `No Host refers to the Pool ${pool.metadata.name}. Declare its members as Hosts.` };
  }
  const namespace = namespaceOf(pool);
  const members: MemberAccess[] = [];
  const missing: string[] = [];
  for (const host of hosts) {
    const secret = host.spec.credentialsSecretRef?.name ?? xapi.credentialsSecretRef.name;
    const account = await read({ namespace, name: secret });
    if ('because' in account) missing.push(account.because);
    members.push({
      hostUUID: host.spec.hostUUID,
      name: host.metadata.name,
      address: host.spec.address,
      sha256Fingerprint: host.spec.tls.sha256Fingerprint,
      ...('because' in account ? { userName: '', password: '', missing: account.because } : account),
    });
  }
  const [first] = missing;
  if (first !== undefined && missing.length === hosts.length) return { because: first };
  return { poolUUID: xapi.poolUUID, port: xapi.port ?? 443, members };
}
