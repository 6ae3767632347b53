import { kubernetes } from './kubernetes.ts';
import { type Asked, type Change, methodAndPath, type Protocol } from './protocol.ts';
import { redfish } from './redfish.ts';
import { xapi } from './xapi.ts';

/** Every protocol that the operator speaks. */
export const protocols: readonly Protocol[] = [kubernetes, xapi, redfish];

/** Throws a sentence for a request of which nobody has said what it reads or changes. */
export function protocolOf(request: Asked): Protocol {
  const found = ownerOf(request);
  if (found !== undefined) return found;
  throw new Error(
    `${methodAndPath(request)} belongs to none of the protocols ${protocols.map(({ name }) => name).join(', ')}: ` +
      'say in src/simulation/protocols what it changes',
  );
}

/** Undefined when the request only reads. */
export function changeOf(request: Asked): Change | undefined {
  return protocolOf(request).changes(request);
}

/** What the request is called in transcripts and by whoever wants to meet it. */
export function labelOf(request: Asked): string {
  return (ownerOf(request)?.label ?? methodAndPath)(request);
}

function ownerOf(request: Asked): Protocol | undefined {
  return protocols.find(({ owns }) => owns(request));
}
