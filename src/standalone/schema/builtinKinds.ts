import { sameJson } from '../../api/sameJson.ts';
import { type JsonObject, objectAt, stringAt } from '../json.ts';
import type { Cause } from '../serving/status.ts';
import { ageColumn, column, nameColumn } from './columns.ts';
import { compileSchema } from './compileSchema.ts';
import { createEventKinds } from './eventKinds.ts';
import { invalidValue } from './fieldError.ts';
import { badMicroTime } from './microTime.ts';
import type { ResourceType } from './resourceType.ts';
import { wholeSchema } from './schemaParts.ts';

/** The kinds that every API server has and that the operator and its users need: no others are built in. */
export function createBuiltinKinds(): readonly ResourceType[] {
  return [namespaceKind(), secretKind(), configMapKind(), leaseKind(), ...createEventKinds()];
}

const text = { type: 'string' };
const textMap = { type: 'object', additionalProperties: text };

const plain = {
  shortNames: [],
  categories: [],
  namespaced: true,
  custom: false,
  statusSubresource: false,
  selectableFields: {},
  unconditionalUpdate: true,
  nameRule: 'subdomain',
} as const;

export const namespaceStorageKey = '/namespaces';

function namespaceKind(): ResourceType {
  const schema = wholeSchema('A namespace: a scope for names.', {
    spec: { type: 'object', properties: { finalizers: { type: 'array', items: text } } },
    status: {
      type: 'object',
      properties: {
        phase: { ...text, description: 'Active or Terminating.' },
        conditions: {
          type: 'array',
          items: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    },
  });
  return {
    ...plain,
    group: '',
    version: 'v1',
    kind: 'Namespace',
    listKind: 'NamespaceList',
    plural: 'namespaces',
    singular: 'namespace',
    shortNames: ['ns'],
    namespaced: false,
    statusSubresource: true,
    storageKey: namespaceStorageKey,
    schema,
    compiled: compileSchema(schema),
    columns: [
      nameColumn,
      column('Status', 'The status of the namespace', {
        cell: (object) => stringAt(objectAt(object, 'status'), 'phase'),
      }),
      ageColumn,
    ],
    selectableFields: { 'status.phase': (object) => stringAt(objectAt(object, 'status'), 'phase') },
    prepare: (object, old) => {
      object['spec'] = { finalizers: ['kubernetes'] };
      if (old === undefined) object['status'] = { phase: 'Active' };
      const labels = objectAt(objectAt(object, 'metadata'), 'labels');
      const name = stringAt(objectAt(object, 'metadata'), 'name');
      objectAt(object, 'metadata')['labels'] = { ...labels, 'kubernetes.io/metadata.name': name };
    },
    nameRule: 'label',
  };
}

const keyPattern = /^[-._a-zA-Z0-9]+$/;
const badKey =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const maxDataBytes = 1024 * 1024;

/** Keys, size and the promise of `immutable`, for Secret and ConfigMap alike. */
function checkData(
  object: JsonObject,
  old: JsonObject | undefined,
  fields: readonly string[],
): readonly Cause[] {
  const causes: Cause[] = [];
  let bytes = 0;
  for (const field of fields) {
    for (const [key, value] of Object.entries(objectAt(object, field))) {
      if (!keyPattern.test(key)) causes.push(invalidValue(`${field}[${key}]`, key, badKey));
      bytes += String(value).length;
    }
    if (old?.['immutable'] === true && !sameJson(object[field], old[field])) {
      causes.push({
        reason: 'FieldValueForbidden',
        message: 'Forbidden: field is immutable when `immutable` is set',
        field,
      });
    }
  }
  if (old?.['immutable'] === true && object['immutable'] !== true) {
    causes.push({
      reason: 'FieldValueForbidden',
      message: 'Forbidden: field is immutable when `immutable` is set',
      field: 'immutable',
    });
  }
  if (bytes > maxDataBytes) {
    causes.push({
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${maxDataBytes} bytes`,
      field: fields[0] ?? 'data',
    });
  }
  return causes;
}

function secretKind(): ResourceType {
  const schema = wholeSchema('A secret: small values that only some may read.', {
    data: {
      type: 'object',
      description: 'The values, in base64.',
      additionalProperties: { type: 'string', format: 'byte' },
    },
    stringData: {
      ...textMap,
      description: 'Values in plain text, for writing only: the server moves them to data.',
    },
    type: { ...text, description: 'What the values are for. Opaque when not given.' },
    immutable: { type: 'boolean', description: 'When true, the values cannot be changed any more.' },
  });
  return {
    ...plain,
    group: '',
    version: 'v1',
    kind: 'Secret',
    listKind: 'SecretList',
    plural: 'secrets',
    singular: 'secret',
    storageKey: '/secrets',
    schema,
    compiled: compileSchema(schema),
    columns: [
      nameColumn,
      column('Type', 'What the values are for', { cell: (object) => stringAt(object, 'type') }),
      column('Data', 'How many values there are', {
        cell: (object) => Object.keys(objectAt(object, 'data')).length,
      }),
      ageColumn,
    ],
    selectableFields: { type: (object) => stringAt(object, 'type') },
    prepare: (object) => {
      const plainText = Object.entries(objectAt(object, 'stringData'));
      if (plainText.length > 0) {
        const encoded = plainText.map(([key, value]) => [key, Buffer.from(String(value)).toString('base64')]);
        object['data'] = { ...objectAt(object, 'data'), ...Object.fromEntries(encoded) };
      }
      delete object['stringData'];
      if (stringAt(object, 'type') === '') object['type'] = 'Opaque';
    },
    check: (object, old) => [
      ...checkData(object, old, ['data']),
      ...(old !== undefined && old['type'] !== object['type']
        ? [invalidValue('type', object['type'], 'field is immutable')]
        : []),
    ],
  };
}

function configMapKind(): ResourceType {
  const schema = wholeSchema('A config map: small values that anybody may read.', {
    data: { ...textMap, description: 'The values.' },
    binaryData: {
      type: 'object',
      description: 'Values that are not text, in base64.',
      additionalProperties: { type: 'string', format: 'byte' },
    },
    immutable: { type: 'boolean', description: 'When true, the values cannot be changed any more.' },
  });
  return {
    ...plain,
    group: '',
    version: 'v1',
    kind: 'ConfigMap',
    listKind: 'ConfigMapList',
    plural: 'configmaps',
    singular: 'configmap',
    shortNames: ['cm'],
    storageKey: '/configmaps',
    schema,
    compiled: compileSchema(schema),
    columns: [
      nameColumn,
      column('Data', 'How many values there are', {
        cell: (object) =>
          Object.keys(objectAt(object, 'data')).length + Object.keys(objectAt(object, 'binaryData')).length,
      }),
      ageColumn,
    ],
    check: (object, old) => checkData(object, old, ['data', 'binaryData']),
  };
}

function leaseKind(): ResourceType {
  const micro = { type: 'string', format: 'date-time', description: 'With exactly six digits of a second.' };
  const schema = wholeSchema('A lease: who leads, and until when unless renewed.', {
    spec: {
      type: 'object',
      properties: {
        holderIdentity: { ...text, description: 'Who holds the lease.' },
        leaseDurationSeconds: {
          type: 'integer',
          format: 'int32',
          description: 'How long after renewTime others have to wait.',
        },
        acquireTime: micro,
        renewTime: micro,
        leaseTransitions: {
          type: 'integer',
          format: 'int32',
          description: 'How often the lease has changed hands.',
        },
        strategy: text,
        preferredHolder: text,
      },
    },
  });
  return {
    ...plain,
    group: 'coordination.k8s.io',
    version: 'v1',
    kind: 'Lease',
    listKind: 'LeaseList',
    plural: 'leases',
    singular: 'lease',
    unconditionalUpdate: false,
    storageKey: 'coordination.k8s.io/leases',
    schema,
    compiled: compileSchema(schema),
    columns: [
      nameColumn,
      column('Holder', 'Who holds the lease', {
        cell: (object) => stringAt(objectAt(object, 'spec'), 'holderIdentity'),
      }),
      ageColumn,
    ],
    unreadable: (object) => {
      const spec = objectAt(object, 'spec');
      return badMicroTime([spec['acquireTime'], spec['renewTime']]);
    },
    check: (object) => {
      const { leaseDurationSeconds: seconds, leaseTransitions: transitions } = objectAt(object, 'spec') as {
        readonly leaseDurationSeconds?: number;
        readonly leaseTransitions?: number;
      };
      return [
        ...(seconds !== undefined && seconds <= 0
          ? [invalidValue('spec.leaseDurationSeconds', seconds, 'must be greater than 0')]
          : []),
        ...(transitions !== undefined && transitions < 0
          ? [invalidValue('spec.leaseTransitions', transitions, 'must be greater than or equal to 0')]
          : []),
      ];
    },
  };
}
