/** Redfish (DMTF DSP0266): a GET reads, and so does coming and going; everything else is done to the machine. */
import { jsonReply, methodAndPath, type Protocol, pathOf } from './protocol.ts';

export const redfish: Protocol = {
  name: 'Redfish',
  owns: ({ path }) => /^\/redfish(?:\/|$)/.test(pathOf(path)),
  label: methodAndPath,
  changes: ({ method, path }) =>
    method === 'GET' || path.includes('/SessionService/Sessions') ? undefined : 'effect',
  failed: () =>
    jsonReply(500, {
      error: {
        code: 'Base.1.8.InternalError',
        message: 'The request failed due to an internal service error.',
      },
    }),
  done: () => ({ status: 204, headers: {}, body: '' }),
  alsoSays: [],
};
