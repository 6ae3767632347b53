import type { Listener } from '../simulation/listeners.ts';
import type { Simulation } from '../simulation/simulation.ts';
import type { Lab, LabEndpoint } from './lab.ts';

/**
 * Puts a lab's servers into a simulation and keeps them as present as they are: a machine without power or network
 * is a black hole to whoever connects, a dead toolstack refuses.
 */
export function joinSimulation(lab: Lab, simulation: Simulation): void {
  const byOrigin = new Map(lab.endpoints.map((endpoint) => [originOf(endpoint), endpoint]));
  const listening = new Map<LabEndpoint, Listener>();
  const update = (): void => {
    for (const [origin, endpoint] of byOrigin) {
      const { handler, sha256Fingerprint } = endpoint;
      const refused = endpoint.presence() === 'refused';
      if (refused) {
        listening.get(endpoint)?.close();
        listening.delete(endpoint);
      } else if (!listening.has(endpoint)) {
        listening.set(endpoint, simulation.listen(origin, handler, { sha256Fingerprint }));
      }
    }
  };
  const endpoints = new Map<string, LabEndpoint | undefined>();
  simulation.restrict((_from, to) => {
    if (!endpoints.has(to)) endpoints.set(to, byOrigin.get(originOf(to)));
    return endpoints.get(to)?.presence() !== 'silent';
  });
  lab.onPresenceChange(update);
  update();
}

/** The lab's server that requests to this origin reach; undefined when there is none. */
export function endpointAt(lab: Lab, origin: string): LabEndpoint | undefined {
  return lab.endpoints.find((endpoint) => originOf(endpoint) === originOf(origin));
}

/** One form of an origin, with its port written out. */
function originOf(place: LabEndpoint | string): string {
  if (typeof place !== 'string') return `https://${place.address}:${place.port}`;
  const { hostname, port } = new URL(place);
  return `https://${hostname}:${port || '443'}`;
}
