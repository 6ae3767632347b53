import { expect, test } from 'vitest';
import type { CutAbility } from '../../../src/ports/power.ts';
import { type Bench, bench, resetPath } from './bench.ts';
import { bmcUser, failure, json } from './scriptedBmc.ts';

const device = 'redfish https://10.0.9.7/redfish/v1/Systems/7';
const service = '/redfish/v1/AccountService';
const link = (path: string) => ({ '@odata.id': path });

/** Accounts of a controller, the second of which is ours. */
function withRole(
  one: Bench,
  roleId: string,
  role?: { readonly assigned?: readonly string[]; readonly oem?: readonly string[] },
): void {
  one.bmc.resources = {
    '': { AccountService: link(service) },
    [service]: { Accounts: link(`${service}/Accounts`), Roles: link(`${service}/Roles`) },
    [`${service}/Accounts`]: { Members: [link(`${service}/Accounts/1`), link(`${service}/Accounts/2`)] },
    [`${service}/Accounts/1`]: { UserName: 'root', RoleId: 'Administrator' },
    [`${service}/Accounts/2`]: {
      UserName: bmcUser,
      RoleId: roleId,
      Links: { Role: link(`${service}/Roles/${roleId}`) },
    },
    ...(role === undefined
      ? {}
      : { [`${service}/Roles/${roleId}`]: { AssignedPrivileges: role.assigned, OemPrivileges: role.oem } }),
  };
}

const ability = (one: Bench): Promise<CutAbility> => one.run((power) => power.cutAbility(60_000));

test('an account with the privilege to configure components could cut', async () => {
  const one = await bench();
  withRole(one, 'Night', { assigned: ['Login', 'ConfigureComponents'] });
  expect(await ability(one)).toEqual({ kind: 'yes' });
});

test('looking at it changes nothing', async () => {
  const one = await bench();
  withRole(one, 'Operator');
  await ability(one);
  expect(one.bmc.seen.filter(({ method }) => method !== 'GET').map(({ path }) => path)).toEqual([
    '/redfish/v1/SessionService/Sessions',
  ]);
});

test.each([
  ['Operator', 'yes'],
  ['Administrator', 'yes'],
  ['ReadOnly', 'no'],
  ['NoAccess', 'no'],
  ['Night', 'unknown'],
])('of the role %s, which may not be read, the answer is %s', async (role, kind) => {
  const one = await bench();
  withRole(one, role);
  expect(await ability(one)).toMatchObject({ kind });
});

test('an account that may only read could not cut, and the sentence says what to give it', async () => {
  const one = await bench();
  withRole(one, 'ReadOnly', { assigned: ['Login', 'ConfigureSelf'] });
  expect(await ability(one)).toEqual({
    kind: 'no',
    because: `The account ${bmcUser} of ${device} has the role ReadOnly, which may not reset the machine (it lacks the privilege ConfigureComponents). Give it the role Operator.`,
  });
});

test("a maker's own privilege over the power is not taken for none", async () => {
  const one = await bench();
  withRole(one, 'Custom1', { assigned: ['Login'], oem: ['VirtualPowerAndResetPriv', 'RemoteConsolePriv'] });
  expect(await ability(one)).toMatchObject({
    kind: 'unknown',
    because: expect.stringContaining('(VirtualPowerAndResetPriv)'),
  });
});

test('what a session says of its roles counts without looking at accounts', async () => {
  const one = await bench();
  one.bmc.resources = {
    '': { AccountService: link(service) },
    '/redfish/v1/SessionService/Sessions/token-1': { Roles: ['ReadOnly'] },
  };
  expect(await ability(one)).toMatchObject({ kind: 'no' });
});

test.each([
  ['has no account service', (one: Bench) => one],
  [
    'lets the account not read the account service',
    (one: Bench) => {
      withRole(one, 'ReadOnly');
      one.bmc.answer = ({ path }) =>
        path.startsWith(service) ? failure(403, 'Base.1.0.InsufficientPrivilege', 'no') : undefined;
    },
  ],
  [
    'shows other accounts alone',
    (one: Bench) => {
      withRole(one, 'ReadOnly');
      one.bmc.resources = { ...one.bmc.resources, [`${service}/Accounts/2`]: { UserName: 'somebody' } };
    },
  ],
  [
    'fails while it is looked at',
    (one: Bench) => {
      one.bmc.answer = ({ path }) => (path.startsWith('/redfish/v1/Systems') ? 'hangUp' : undefined);
    },
  ],
])('where the controller %s, nothing is known and that is no no', async (_, arrange) => {
  const one = await bench();
  arrange(one);
  expect(await ability(one)).toMatchObject({ kind: 'unknown' });
});

const offers = (reset: Readonly<Record<string, unknown>>) => ({
  Actions: { '#ComputerSystem.Reset': { target: resetPath, ...reset } },
});

test.each([
  ['no reset at all', { Actions: {} }, 'no', 'offers no reset of its machine'],
  [
    'no ForceOff',
    offers({ 'ResetType@Redfish.AllowableValues': ['On', 'GracefulShutdown'] }),
    'no',
    'offers no ForceOff, only On, GracefulShutdown. Its power cannot be cut by this controller',
  ],
  ['an empty list, which tells nothing', offers({ 'ResetType@Redfish.AllowableValues': [] }), 'yes', ''],
  ['nothing about its types', offers({}), 'yes', ''],
  ['ForceOff', offers({ 'ResetType@Redfish.AllowableValues': ['ForceOff'] }), 'yes', ''],
] as const)('a controller that offers %s', async (_, system, kind, because) => {
  const one = await bench();
  withRole(one, 'Operator');
  one.bmc.system = system;
  const found = await ability(one);
  expect(found.kind).toBe(kind);
  expect(found.kind === 'yes' ? '' : found.because).toContain(because);
});

test.each([
  [['ForceOff'], 'yes'],
  [['GracefulShutdown'], 'no'],
  [[], 'yes'],
])('ActionInfo with %s', async (values, kind) => {
  const one = await bench();
  withRole(one, 'Operator');
  one.bmc.system = offers({ '@Redfish.ActionInfo': '/redfish/v1/Systems/7/ResetActionInfo' });
  one.bmc.answer = ({ path }) =>
    path.endsWith('ResetActionInfo')
      ? json(200, { Parameters: [{ Name: 'ResetType', AllowableValues: values }] })
      : undefined;
  expect(await ability(one)).toMatchObject({ kind });
});

test('a reset that was refused by right is remembered where the account cannot be read', async () => {
  const one = await bench();
  one.bmc.answer = ({ path }) =>
    path === resetPath ? failure(403, 'Base.1.0.InsufficientPrivilege', 'no') : undefined;
  expect(await one.run((power) => power.off(60_000))).toMatchObject({
    kind: 'failed',
    code: 'Base.1.0.InsufficientPrivilege',
    says: expect.stringContaining(
      `the account ${bmcUser} has no right to reset the machine; give it the role Operator`,
    ),
  });
  expect(await ability(one)).toMatchObject({
    kind: 'no',
    because: expect.stringContaining('give it the role Operator'),
  });
});
