import type { CutAbility } from '../../ports/power.ts';
import { type Device, nameOf, readSystem } from './redfishDevice.ts';
import { asResource, idOf, linkIn, membersIn, pathOn, type Resource } from './redfishLinks.ts';
import { chooseResetType, learnActionInfo } from './redfishReset.ts';
import { resetAction, texts } from './redfishSystem.ts';

/**
 * Whether the machine could be cut tonight, found out by reading: what the controller offers, and what the account may.
 *
 * DMTF's privilege registry (DSP8011) lets those reset a system who have ConfigureComponents, or since 2022 OperateSystems or
 * AdministrateSystems. Of the roles that DSP0266 §13 predefines, Administrator and Operator have it, ReadOnly and
 * NoAccess do not. A session may name its roles (Session 1.7); otherwise the account names its one. Many accounts may
 * not read the account service; then nothing is known, and that is no "no".
 */
export async function cutAbility(device: Device, endAtMs: number): Promise<CutAbility> {
  const answer = await readSystem(device, endAtMs);
  if (answer.kind === 'failed') return { kind: 'unknown', because: answer.because };
  const action = resetAction(device.access.origin, answer.system);
  if (action !== undefined) await learnActionInfo(device, action, endAtMs);
  const resetType = chooseResetType(device, action, 'off');
  if (resetType.kind === 'none') {
    const instead = 'Its power cannot be cut by this controller: update its firmware, or use another one';
    return { kind: 'no', because: `${resetType.says}. ${instead}.` };
  }
  const { denial, clock } = device;
  if (denial !== undefined && clock.monotonicMs() < denial.untilMs) {
    return { kind: 'no', because: `${denial.because}.` };
  }
  return await abilityOfAccount(device, endAtMs);
}

/** Of the standard, at ComputerSystem with POST; any of them is enough. */
const resetPrivileges = ['ConfigureComponents', 'OperateSystems', 'AdministrateSystems'];
const rolesThatMay: Readonly<Record<string, boolean>> = {
  Administrator: true,
  Operator: true,
  ReadOnly: false,
  NoAccess: false,
};
/** Makers have privileges of their own; one of such a name may be about the power. */
const aboutPower = /power|reset|control/i;
/** More accounts than any controller has: a list that is longer is not read to its end. */
const mostAccounts = 64;

async function abilityOfAccount(device: Device, endAtMs: number): Promise<CutAbility> {
  const found = (await rolesOfSession(device, endAtMs)) ?? (await roleOfAccount(device, endAtMs));
  if (found.kind === 'notShown') {
    const because = `${nameOf(device)} does not show what its account ${device.access.userName} may do: ${found.because}`;
    return { kind: 'unknown', because };
  }
  const verdicts: CutAbility[] = [];
  for (const role of found.roles) verdicts.push(await abilityOfRole(device, role, endAtMs));
  return (
    verdicts.find(({ kind }) => kind === 'yes') ??
    verdicts.find(({ kind }) => kind === 'unknown') ??
    verdicts[0] ?? { kind: 'unknown', because: `${nameOf(device)} names no role of its account.` }
  );
}

interface Role {
  readonly id: string;
  readonly path: string | undefined;
}

type Found =
  | { readonly kind: 'roles'; readonly roles: readonly Role[] }
  | { readonly kind: 'notShown'; readonly because: string };

async function rolesOfSession({ login }: Device, endAtMs: number): Promise<Found | undefined> {
  const path = login.sessionPath();
  const reply = path === undefined ? undefined : await login.look(path, endAtMs);
  if (reply?.kind !== 'done') return undefined;
  const roles = texts(reply.resource?.['Roles'])?.map((id) => ({ id, path: undefined }));
  return roles === undefined ? undefined : { kind: 'roles', roles };
}

async function roleOfAccount({ access, login }: Device, endAtMs: number): Promise<Found> {
  const { origin, userName } = access;
  const service = await accountService(login, endAtMs);
  if (service.kind === 'notShown') return service;
  const list = linkIn(origin, service.resource['Accounts']);
  const accounts = list === undefined ? undefined : await login.look(list, endAtMs);
  if (accounts?.kind !== 'done') return notShown(accounts?.says ?? 'it lists no accounts.');
  const members = membersIn(origin, accounts.resource ?? {}).slice(0, mostAccounts);
  // Some name the account's resource after its user; others number them.
  for (const member of members.toSorted(
    (a, b) => Number(idOf(b) === userName) - Number(idOf(a) === userName),
  )) {
    const account = await login.look(member, endAtMs);
    if (account.kind === 'unreachable') return notShown(account.says);
    if (account.kind !== 'done' || account.resource?.['UserName'] !== userName) continue;
    const path = linkIn(origin, asResource(account.resource['Links'])?.['Role']);
    const { RoleId: id } = account.resource;
    return { kind: 'roles', roles: [{ id: typeof id === 'string' ? id : idOf(path ?? ''), path }] };
  }
  return notShown('it is not among the accounts that this account may read.');
}

async function accountService(
  login: Device['login'],
  endAtMs: number,
): Promise<{ readonly kind: 'service'; readonly resource: Resource } | (Found & { kind: 'notShown' })> {
  const root = await login.root(endAtMs);
  if (root.kind !== 'found') return notShown(root.says);
  if (root.root.accounts === undefined) return notShown('it has no account service.');
  const reply = await login.look(root.root.accounts, endAtMs);
  if (reply.kind !== 'done') return notShown(reply.says);
  return { kind: 'service', resource: reply.resource ?? {} };
}

async function abilityOfRole(device: Device, { id, path }: Role, endAtMs: number): Promise<CutAbility> {
  const { access } = device;
  const who = `The account ${access.userName} of ${nameOf(device)} has the role ${id}`;
  const role = await roleResource(device, { id, path }, endAtMs);
  const assigned = texts(role?.['AssignedPrivileges']);
  if (assigned === undefined) {
    const known = rolesThatMay[id];
    if (known === undefined)
      return { kind: 'unknown', because: `${who}, of which it is not shown what it may do.` };
    return known ? { kind: 'yes' } : { kind: 'no', because: `${who}, ${mayNot}` };
  }
  if (assigned.some((privilege) => resetPrivileges.includes(privilege))) return { kind: 'yes' };
  const own = (texts(role?.['OemPrivileges']) ?? []).filter((privilege) => aboutPower.test(privilege));
  if (own.length === 0) return { kind: 'no', because: `${who}, ${mayNot}` };
  const because = `${who}; whether its maker's own privileges (${own.join(', ')}) allow a reset is not known.`;
  return { kind: 'unknown', because };
}

const mayNot =
  'which may not reset the machine (it lacks the privilege ConfigureComponents). Give it the role Operator.';

/** Where a session names its roles alone, the role is where the account service keeps them. */
async function roleResource(
  device: Device,
  { id, path }: Role,
  endAtMs: number,
): Promise<Resource | undefined> {
  const { login } = device;
  const at = path ?? (await pathOfRole(device, id, endAtMs));
  const reply = at === undefined ? undefined : await login.look(at, endAtMs);
  return reply?.kind === 'done' ? reply.resource : undefined;
}

async function pathOfRole(
  { access, login }: Device,
  id: string,
  endAtMs: number,
): Promise<string | undefined> {
  const service = await accountService(login, endAtMs);
  if (service.kind === 'notShown') return undefined;
  const roles = linkIn(access.origin, service.resource['Roles']);
  return roles === undefined ? undefined : pathOn(access.origin, `${roles.replace(/\/+$/, '')}/${id}`);
}

function notShown(because: string): Found & { kind: 'notShown' } {
  return { kind: 'notShown', because };
}
