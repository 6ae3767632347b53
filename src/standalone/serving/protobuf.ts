import protobuf from 'protobufjs/light.js';
import { isObject, type JsonObject } from '../json.ts';
import { type Refusal, unsupportedMediaType } from './status.ts';

/**
 * `kubectl create secret`, `create namespace` and `create configmap` send protobuf and have no JSON to fall back on,
 * so their bodies are read. The field numbers are those of k8s.io/api generated.proto; fields that JSON
 * would not show are left out.
 */
export const protobufMediaType = 'application/vnd.kubernetes.protobuf';

/** The four bytes before a runtime.Unknown. */
const magic = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

interface FieldShape {
  readonly type: string;
  readonly id: number;
  readonly rule?: string;
  readonly keyType?: string;
}

const text = (id: number): FieldShape => ({ type: 'string', id });
const texts = (id: number): FieldShape => ({ type: 'string', id, rule: 'repeated' });
const flag = (id: number): FieldShape => ({ type: 'bool', id });
const textMap = (id: number): FieldShape => ({ keyType: 'string', type: 'string', id });
const bytesMap = (id: number): FieldShape => ({ keyType: 'string', type: 'bytes', id });
const part = (type: string, id: number): FieldShape => ({ type, id });

const messages: Readonly<Record<string, Readonly<Record<string, FieldShape>>>> = {
  Unknown: { typeMeta: part('TypeMeta', 1), raw: { type: 'bytes', id: 2 } },
  TypeMeta: { apiVersion: text(1), kind: text(2) },
  Time: { seconds: { type: 'int64', id: 1 }, nanos: { type: 'int32', id: 2 } },
  OwnerReference: {
    kind: text(1),
    name: text(3),
    uid: text(4),
    apiVersion: text(5),
    controller: flag(6),
    blockOwnerDeletion: flag(7),
  },
  ObjectMeta: {
    name: text(1),
    generateName: text(2),
    namespace: text(3),
    uid: text(5),
    resourceVersion: text(6),
    labels: textMap(11),
    annotations: textMap(12),
    ownerReferences: { type: 'OwnerReference', id: 13, rule: 'repeated' },
    finalizers: texts(14),
  },
  Secret: {
    metadata: part('ObjectMeta', 1),
    data: bytesMap(2),
    type: text(3),
    stringData: textMap(4),
    immutable: flag(5),
  },
  ConfigMap: {
    metadata: part('ObjectMeta', 1),
    data: textMap(2),
    binaryData: bytesMap(3),
    immutable: flag(4),
  },
  Namespace: { metadata: part('ObjectMeta', 1) },
  Preconditions: { uid: text(1), resourceVersion: text(2) },
  DeleteOptions: {
    gracePeriodSeconds: { type: 'int64', id: 1 },
    preconditions: part('Preconditions', 2),
    propagationPolicy: text(4),
    dryRun: texts(5),
  },
  SelfSubjectReview: { metadata: part('ObjectMeta', 1) },
  ResourceAttributes: {
    namespace: text(1),
    verb: text(2),
    group: text(3),
    version: text(4),
    resource: text(5),
    subresource: text(6),
    name: text(7),
  },
  NonResourceAttributes: { path: text(1), verb: text(2) },
  SelfSubjectAccessReviewSpec: {
    resourceAttributes: part('ResourceAttributes', 1),
    nonResourceAttributes: part('NonResourceAttributes', 2),
  },
  SelfSubjectAccessReview: {
    metadata: part('ObjectMeta', 1),
    spec: part('SelfSubjectAccessReviewSpec', 2),
  },
};

const readable = new Set([
  'Secret',
  'ConfigMap',
  'Namespace',
  'DeleteOptions',
  'SelfSubjectReview',
  'SelfSubjectAccessReview',
]);

export interface ProtobufReader {
  /** The object as JSON would have had it; a kind that is not read in this form is a 415. */
  read(body: Uint8Array): JsonObject | Refusal;
}

export function createProtobufReader(): ProtobufReader {
  const root = protobuf.Root.fromJSON({
    nested: Object.fromEntries(Object.entries(messages).map(([name, fields]) => [name, { fields }])),
  });
  const decode = (name: string, bytes: Uint8Array): JsonObject => {
    const type = root.lookupType(name);
    return type.toObject(type.decode(bytes), { bytes: String, longs: Number }) as JsonObject;
  };
  return {
    read: (body) => {
      if (!magic.equals(body.subarray(0, 4))) {
        return unsupportedMediaType('the body says that it is protobuf, and is not: send JSON');
      }
      try {
        // Raw bytes come back in base64, as `bytes: String` asks; the inner message is read from them.
        const { typeMeta, raw } = decode('Unknown', body.subarray(4));
        const { apiVersion, kind } = isObject(typeMeta) ? typeMeta : {};
        if (!readable.has(String(kind))) {
          return unsupportedMediaType(
            `this server does not read ${String(kind)} in protobuf: send JSON, for instance with kubectl apply -f`,
          );
        }
        return { apiVersion, kind, ...decode(String(kind), Buffer.from(String(raw ?? ''), 'base64')) };
      } catch (error) {
        return unsupportedMediaType(`the protobuf body cannot be read: ${(error as Error).message}`);
      }
    },
  };
}
