import type { Bmc } from './bmc.ts';

const root = '/redfish/v1';
export const systemPath = `${root}/Systems/1`;

/** The Redfish resource at a path without its closing slash; undefined when there is none. */
export function resourceAt(bmc: Bmc, path: string): object | undefined {
  if (path === '/redfish') return { v1: `${root}/` };
  if (path === root) return serviceRoot(bmc);
  if (path === `${root}/Systems`) return systems();
  if (path === systemPath) return computerSystem(bmc);
  if (path === `${root}/SessionService`) {
    return {
      '@odata.id': `${root}/SessionService`,
      '@odata.type': '#SessionService.v1_1_9.SessionService',
      Id: 'SessionService',
      Name: 'Session Service',
      ServiceEnabled: true,
      SessionTimeout: 1800,
      Sessions: { '@odata.id': `${root}/SessionService/Sessions` },
    };
  }
  return undefined;
}

function serviceRoot(bmc: Bmc): object {
  return {
    '@odata.id': `${root}/`,
    '@odata.type': '#ServiceRoot.v1_16_0.ServiceRoot',
    Id: 'RootService',
    Name: 'Root Service',
    RedfishVersion: '1.18.0',
    UUID: bmc.systemUUID(),
    Systems: { '@odata.id': `${root}/Systems` },
    SessionService: { '@odata.id': `${root}/SessionService` },
    Links: { Sessions: { '@odata.id': `${root}/SessionService/Sessions` } },
  };
}

function systems(): object {
  return {
    '@odata.id': `${root}/Systems`,
    '@odata.type': '#ComputerSystemCollection.ComputerSystemCollection',
    Name: 'Computer System Collection',
    'Members@odata.count': 1,
    Members: [{ '@odata.id': systemPath }],
  };
}

function computerSystem(bmc: Bmc): object {
  return {
    '@odata.id': systemPath,
    '@odata.type': '#ComputerSystem.v1_22_0.ComputerSystem',
    Id: bmc.identity.systemId,
    Name: bmc.identity.name,
    SystemType: 'Physical',
    Manufacturer: 'Kintsugi lab',
    Model: 'Simulated machine',
    SerialNumber: bmc.serial(),
    SKU: bmc.sku(),
    UUID: bmc.systemUUID(),
    PowerState: bmc.powerState(),
    Status: { State: 'Enabled', Health: 'OK' },
    Actions: {
      '#ComputerSystem.Reset': {
        target: `${systemPath}/Actions/ComputerSystem.Reset`,
        'ResetType@Redfish.AllowableValues': ['On', 'ForceOff', 'ForceRestart'],
      },
    },
  };
}
