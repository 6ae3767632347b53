import type { Bmc } from './bmc.ts';

const root = '/redfish/v1';
export const systemPath = `${root}/Systems/1`;
export const accountServicePath = `${root}/AccountService`;
export const sessionsPath = `${root}/SessionService/Sessions`;
const actionInfoPath = `${systemPath}/ResetActionInfo`;
const accountPath = `${accountServicePath}/Accounts/2`;

const resources: Readonly<Record<string, (bmc: Bmc) => object>> = {
  '/redfish': () => ({ v1: `${root}/` }),
  [root]: serviceRoot,
  [`${root}/Systems`]: systems,
  [systemPath]: computerSystem,
  [actionInfoPath]: (bmc) => ({
    '@odata.id': actionInfoPath,
    '@odata.type': '#ActionInfo.v1_4_2.ActionInfo',
    Id: 'ResetActionInfo',
    Name: 'Reset Action Info',
    Parameters: [{ Name: 'ResetType', Required: true, DataType: 'String', AllowableValues: resetTypes(bmc) }],
  }),
  [`${root}/SessionService`]: () => ({
    '@odata.id': `${root}/SessionService`,
    '@odata.type': '#SessionService.v1_1_9.SessionService',
    Id: 'SessionService',
    Name: 'Session Service',
    ServiceEnabled: true,
    SessionTimeout: 1800,
    Sessions: link(sessionsPath),
  }),
  [accountServicePath]: () => ({
    '@odata.id': accountServicePath,
    '@odata.type': '#AccountService.v1_15_1.AccountService',
    Id: 'AccountService',
    Name: 'Account Service',
    ServiceEnabled: true,
    Accounts: link(`${accountServicePath}/Accounts`),
    Roles: link(`${accountServicePath}/Roles`),
  }),
  [`${accountServicePath}/Accounts`]: () => collection(`${accountServicePath}/Accounts`, [accountPath]),
  [accountPath]: managerAccount,
  [`${accountServicePath}/Roles`]: () =>
    collection(
      `${accountServicePath}/Roles`,
      Object.keys(privileges).map((role) => `${accountServicePath}/Roles/${role}`),
    ),
};

/** DSP0266: the predefined roles and what they may. */
const privileges = {
  Administrator: ['Login', 'ConfigureManager', 'ConfigureUsers', 'ConfigureSelf', 'ConfigureComponents'],
  Operator: ['Login', 'ConfigureSelf', 'ConfigureComponents'],
  ReadOnly: ['Login', 'ConfigureSelf'],
} as const;

/** The Redfish resource at a path without its closing slash; undefined when there is none. */
export function resourceAt(bmc: Bmc, path: string): object | undefined {
  return resources[path]?.(bmc) ?? roleAt(path);
}

/** What the reset takes. */
export function resetTypes(bmc: Bmc): readonly string[] {
  return bmc.is('offersNoForceOff') ? ['On', 'GracefulShutdown'] : ['On', 'ForceOff', 'ForceRestart'];
}

/** Of the system as it is now. */
export function etagOf(bmc: Bmc): string {
  return `W/"${bmc.powerState()}"`;
}

function link(path: string): object {
  return { '@odata.id': path };
}

function collection(path: string, members: readonly string[]): object {
  return {
    '@odata.id': path,
    Name: 'Collection',
    'Members@odata.count': members.length,
    Members: members.map(link),
  };
}

function serviceRoot(bmc: Bmc): object {
  return {
    '@odata.id': `${root}/`,
    '@odata.type': '#ServiceRoot.v1_16_0.ServiceRoot',
    Id: 'RootService',
    Name: 'Root Service',
    RedfishVersion: '1.18.0',
    UUID: bmc.systemUUID(),
    Systems: link(`${root}/Systems`),
    SessionService: link(`${root}/SessionService`),
    AccountService: link(accountServicePath),
    Links: { Sessions: link(sessionsPath) },
  };
}

function systems(bmc: Bmc): object {
  return {
    '@odata.type': '#ComputerSystemCollection.ComputerSystemCollection',
    ...collection(`${root}/Systems`, [
      systemPath,
      ...(bmc.is('severalSystems') ? [`${root}/Systems/2`] : []),
    ]),
  };
}

function computerSystem(bmc: Bmc): object {
  return {
    '@odata.id': systemPath,
    '@odata.type': '#ComputerSystem.v1_22_0.ComputerSystem',
    ...(bmc.is('wantsIfMatch') ? { '@odata.etag': etagOf(bmc) } : {}),
    Id: bmc.identity.systemId,
    Name: bmc.identity.name,
    SystemType: 'Physical',
    Manufacturer: 'Kintsugi lab',
    Model: 'Simulated machine',
    SerialNumber: bmc.serial(),
    SKU: bmc.sku(),
    UUID: bmc.systemUUID(),
    PowerState: bmc.is('powerStateNull') ? null : bmc.powerState(),
    Status: { State: 'Enabled', Health: 'OK' },
    Actions: {
      '#ComputerSystem.Reset': { target: `${systemPath}/Actions/ComputerSystem.Reset`, ...offered(bmc) },
    },
  };
}

function offered(bmc: Bmc): object {
  if (bmc.is('offersInActionInfo')) return { '@Redfish.ActionInfo': actionInfoPath };
  return { 'ResetType@Redfish.AllowableValues': bmc.is('offersEmptyList') ? [] : resetTypes(bmc) };
}

function managerAccount(bmc: Bmc): object {
  const role = bmc.is('mayOnlyRead') ? 'ReadOnly' : 'Operator';
  return {
    '@odata.id': accountPath,
    '@odata.type': '#ManagerAccount.v1_12_0.ManagerAccount',
    Id: '2',
    Name: 'User Account',
    UserName: bmc.identity.user,
    Enabled: true,
    RoleId: role,
    Links: { Role: link(`${accountServicePath}/Roles/${role}`) },
  };
}

function roleAt(path: string): object | undefined {
  const prefix = `${accountServicePath}/Roles/`;
  const role = (Object.keys(privileges) as (keyof typeof privileges)[]).find(
    (each) => path === `${prefix}${each}`,
  );
  if (role === undefined) return undefined;
  return {
    '@odata.id': path,
    '@odata.type': '#Role.v1_3_1.Role',
    Id: role,
    Name: 'User Role',
    RoleId: role,
    IsPredefined: true,
    AssignedPrivileges: privileges[role],
    OemPrivileges: [],
  };
}
