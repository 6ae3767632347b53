import type { EventRecorder, Kind } from '../../ports/kubernetes.ts';
import { apiVersionOf } from '../../runtime/objects.ts';

export const eventKind: Kind = { group: 'events.k8s.io', version: 'v1', kind: 'Event', plural: 'events' };

export type RecordedEvent = Parameters<EventRecorder['record']>[0];

/** The API server refuses a longer note, or a longer reason or action. */
const noteBytes = 1024;
const wordLength = 128;

/** Events with the same key are one event that happened several times. */
export function eventKey(event: RecordedEvent): string {
  const { regarding, type, reason, action, note } = event;
  return JSON.stringify([objectKey(event), regarding.metadata.uid, type, reason, action, note]);
}

/** What the spam filter counts by. */
export function objectKey({ regarding }: RecordedEvent): string {
  return `${regarding.kind} ${eventNamespace({ regarding })}/${regarding.metadata.name}`;
}

/** An event lives in the namespace of what it is about; one about an object outside of any lives in `default`. */
export function eventNamespace({ regarding }: Pick<RecordedEvent, 'regarding'>): string {
  return regarding.metadata.namespace ?? 'default';
}

/** The body to create it with; nothing but `series` may be changed afterwards. */
export function eventBody(
  event: RecordedEvent,
  about: {
    readonly name: string;
    readonly eventTime: string;
    readonly controller: string;
    readonly instance: string;
  },
): unknown {
  const { regarding } = event;
  const { name, namespace, uid, resourceVersion } = regarding.metadata;
  return {
    apiVersion: apiVersionOf(eventKind),
    kind: eventKind.kind,
    metadata: { name: about.name, namespace: eventNamespace(event) },
    eventTime: about.eventTime,
    reportingController: about.controller,
    reportingInstance: about.instance.slice(0, wordLength),
    type: event.type,
    reason: event.reason.slice(0, wordLength),
    action: event.action.slice(0, wordLength),
    note: shortened(event.note),
    regarding: {
      apiVersion: regarding.apiVersion,
      kind: regarding.kind,
      name,
      namespace,
      uid,
      resourceVersion,
    },
  };
}

function shortened(note: string): string {
  if (Buffer.byteLength(note) <= noteBytes) return note;
  const room = Buffer.from(note).subarray(0, noteBytes - Buffer.byteLength('…'));
  // A character cut in the middle decodes to U+FFFD at the end.
  return `${room.toString('utf8').replace(/\uFFFD$/, '')}…`;
}
