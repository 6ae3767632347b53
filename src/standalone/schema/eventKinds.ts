import { isObject, type JsonObject, objectAt, stringAt } from '../json.ts';
import { humanAge } from '../serving/humanDuration.ts';
import type { Cause } from '../serving/status.ts';
import { column } from './columns.ts';
import { compileSchema } from './compileSchema.ts';
import { invalidValue, requiredValue } from './fieldError.ts';
import { badMicroTime } from './microTime.ts';
import type { Column, ResourceType } from './resourceType.ts';
import { wholeSchema } from './schemaParts.ts';
import type { SchemaNode } from './structural.ts';

/**
 * Event of the core group and of events.k8s.io are two views of the same objects. They are stored in the older form,
 * which is the one that kubectl reads.
 */
export function createEventKinds(): readonly ResourceType[] {
  const shared = {
    version: 'v1',
    kind: 'Event',
    listKind: 'EventList',
    plural: 'events',
    singular: 'event',
    shortNames: ['ev'],
    categories: [],
    namespaced: true,
    custom: false,
    statusSubresource: false,
    storageKey: '/events',
    columns,
    unconditionalUpdate: true,
    nameRule: 'subdomain',
    lifetimeMs: 60 * 60 * 1000,
    unreadable: (stored: JsonObject) =>
      badMicroTime([stored['eventTime'], objectAt(stored, 'series')['lastObservedTime']]),
  } as const;
  const coreSchema = wholeSchema('An event: something that happened to an object.', coreFields);
  const newSchema = wholeSchema(
    'An event: something that happened to an object.',
    Object.fromEntries(Object.entries(coreFields).map(([name, node]) => [newName(name), node])),
  );
  return [
    {
      ...shared,
      group: '',
      schema: coreSchema,
      compiled: compileSchema(coreSchema),
      selectableFields: selectable('involvedObject', 'reportingComponent'),
      check: (object) => checkEvent(object, 'reportingComponent'),
    },
    {
      ...shared,
      group: 'events.k8s.io',
      schema: newSchema,
      compiled: compileSchema(newSchema),
      view: { toStored, fromStored },
      selectableFields: selectable('regarding', 'reportingController'),
      check: (object, old) => [
        ...checkEvent(object, 'reportingController'),
        ...(old === undefined ? checkNewEvent(object) : []),
      ],
    },
  ];
}

const text: SchemaNode = { type: 'string' };
const moment: SchemaNode = { type: 'string', format: 'date-time', nullable: true };
const count: SchemaNode = { type: 'integer', format: 'int32' };
const reference: SchemaNode = {
  type: 'object',
  properties: {
    apiVersion: text,
    kind: text,
    namespace: text,
    name: text,
    uid: text,
    resourceVersion: text,
    fieldPath: text,
  },
};

const coreFields: Readonly<Record<string, SchemaNode>> = {
  involvedObject: { ...reference, description: 'The object that the event is about.' },
  related: { ...reference, description: 'A second object that has to do with it.' },
  reason: { ...text, description: 'Why, in one word.' },
  message: { ...text, description: 'What happened, in a sentence.' },
  action: { ...text, description: 'What was being done, in one word.' },
  type: { ...text, description: 'Normal or Warning.' },
  eventTime: { ...moment, description: 'When it was first seen, with six digits of a second.' },
  series: {
    type: 'object',
    nullable: true,
    description: 'Given when it happened more than once.',
    properties: { count, lastObservedTime: moment },
  },
  source: { type: 'object', description: 'Who reported it.', properties: { component: text, host: text } },
  firstTimestamp: { ...moment, description: 'When it was first seen.' },
  lastTimestamp: { ...moment, description: 'When it was last seen.' },
  count: { ...count, description: 'How often it was seen.' },
  reportingComponent: { ...text, description: 'The controller that reported it.' },
  reportingInstance: { ...text, description: 'Which process of that controller.' },
};

const newNames: Readonly<Record<string, string>> = {
  involvedObject: 'regarding',
  message: 'note',
  source: 'deprecatedSource',
  firstTimestamp: 'deprecatedFirstTimestamp',
  lastTimestamp: 'deprecatedLastTimestamp',
  count: 'deprecatedCount',
  reportingComponent: 'reportingController',
};
const coreNames = Object.fromEntries(Object.entries(newNames).map(([core, renamed]) => [renamed, core]));

function newName(core: string): string {
  return newNames[core] ?? core;
}

function renamed(
  object: JsonObject,
  names: Readonly<Record<string, string>>,
  apiVersion: string,
): JsonObject {
  return {
    ...Object.fromEntries(Object.entries(object).map(([key, value]) => [names[key] ?? key, value])),
    apiVersion,
  };
}

const toStored = (object: JsonObject): JsonObject => renamed(object, coreNames, 'v1');
const fromStored = (object: JsonObject): JsonObject => renamed(object, newNames, 'events.k8s.io/v1');

function selectable(object: string, reporter: string): ResourceType['selectableFields'] {
  const parts = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];
  return {
    reason: (event) => stringAt(event, 'reason'),
    type: (event) => stringAt(event, 'type'),
    source: (event) =>
      stringAt(objectAt(event, 'source'), 'component') || stringAt(event, 'reportingComponent'),
    [reporter]: (event) => stringAt(event, 'reportingComponent'),
    ...Object.fromEntries(
      parts.map((part) => [
        `${object}.${part}`,
        (event: JsonObject) => stringAt(objectAt(event, 'involvedObject'), part),
      ]),
    ),
  };
}

/** What Kubernetes asks of an event in either view; `object` is in the stored form. */
function checkEvent(object: JsonObject, reporter: string): readonly Cause[] {
  const namespace = stringAt(objectAt(object, 'metadata'), 'namespace');
  const about = stringAt(objectAt(object, 'involvedObject'), 'namespace');
  const mismatch = invalidValue('involvedObject.namespace', about, 'does not match event.namespace');
  const timed = stringAt(object, 'eventTime') !== '';
  if (!timed) {
    const fits = about === '' ? namespace === 'default' : about === namespace;
    return fits ? [] : [mismatch];
  }
  const causes: Cause[] = [];
  if (about === '' && namespace !== 'default' && namespace !== 'kube-system') causes.push(mismatch);
  for (const [field, shownAs] of [
    ['reportingComponent', reporter],
    ['reportingInstance', 'reportingInstance'],
    ['action', 'action'],
    ['reason', 'reason'],
  ] as const) {
    const value = stringAt(object, field);
    if (value === '') causes.push(requiredValue(shownAs));
    if (value.length > 128) causes.push(invalidValue(shownAs, '', 'can have at most 128 characters'));
  }
  if (stringAt(object, 'message').length > 1024) {
    causes.push(invalidValue('message', '', 'can have at most 1024 characters'));
  }
  return causes;
}

/** What events.k8s.io asks in addition when an event is created. */
function checkNewEvent(object: JsonObject): readonly Cause[] {
  const causes: Cause[] = [];
  if (stringAt(object, 'eventTime') === '') causes.push(requiredValue('eventTime'));
  const type = stringAt(object, 'type');
  if (type !== 'Normal' && type !== 'Warning') {
    causes.push(invalidValue('type', '', `has invalid value: ${type}`));
  }
  const { series } = object;
  if (isObject(series) && !(typeof series['count'] === 'number' && series['count'] >= 2)) {
    causes.push(invalidValue('series.count', '', 'should be at least 2'));
  }
  return causes;
}

function firstSeen(event: JsonObject): unknown {
  return event['firstTimestamp'] ?? event['eventTime'];
}

function lastSeen(event: JsonObject): unknown {
  const { series } = event;
  if (isObject(series)) return series['lastObservedTime'];
  return event['lastTimestamp'] ?? firstSeen(event);
}

function target(event: JsonObject): string {
  const about = objectAt(event, 'involvedObject');
  const kind = stringAt(about, 'kind').toLowerCase();
  const name = stringAt(about, 'name');
  return name === '' ? kind : `${kind}/${name}`;
}

const columns: readonly Column[] = [
  column('Last Seen', 'When it was last seen', {
    cell: (event, wallMs) => humanAge(lastSeen(event), wallMs),
  }),
  column('Type', 'Normal or Warning', { cell: (event) => stringAt(event, 'type') }),
  column('Reason', 'Why, in one word', { cell: (event) => stringAt(event, 'reason') }),
  column('Object', 'The object that the event is about', { cell: target }),
  column('Source', 'Who reported it', {
    priority: 1,
    cell: (event) =>
      stringAt(objectAt(event, 'source'), 'component') || stringAt(event, 'reportingComponent'),
  }),
  column('Message', 'What happened', { cell: (event) => stringAt(event, 'message').trim() }),
  column('First Seen', 'When it was first seen', {
    priority: 1,
    cell: (event, wallMs) => humanAge(firstSeen(event), wallMs),
  }),
  column('Count', 'How often it was seen', {
    priority: 1,
    cell: (event) => objectAt(event, 'series')['count'] ?? event['count'] ?? 1,
  }),
  {
    ...column('Name', 'Name of the event', {
      priority: 1,
      cell: (event) => stringAt(objectAt(event, 'metadata'), 'name'),
    }),
    format: 'name',
  },
];
