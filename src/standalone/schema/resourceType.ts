import type { JsonObject } from '../json.ts';
import type { Cause } from '../serving/status.ts';
import type { CompiledSchema } from './compileSchema.ts';
import type { SchemaNode } from './structural.ts';

/** One kind that the server serves, built in or defined by a CRD: everything that the handlers need to know of it. */
export interface ResourceType {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** Defined by a CRD: generation counts, PUT needs a resourceVersion, no strategic merge patch. */
  readonly custom: boolean;
  readonly statusSubresource: boolean;
  /** Names the objects in the store; two types may be views of the same objects. */
  readonly storageKey: string;
  /** Given when objects are stored in another form than this type's. Neither changes what it is given. */
  readonly view?: {
    readonly toStored: (object: JsonObject) => JsonObject;
    readonly fromStored: (object: JsonObject) => JsonObject;
  };
  /** Schema of the whole object, for OpenAPI. `metadata` is left to the server. */
  readonly schema: SchemaNode;
  readonly compiled: CompiledSchema;
  readonly columns: readonly Column[];
  /** What a fieldSelector may name, besides metadata.name and metadata.namespace; asked of the stored form. */
  readonly selectableFields: Readonly<Record<string, (object: JsonObject) => string>>;
  /** Changes an object before it is validated and stored; `old` is undefined on create. */
  readonly prepare?: (object: JsonObject, old: JsonObject | undefined) => void;
  /** Why the object is not readable as this kind at all, which Kubernetes answers with 400 before it validates. */
  readonly unreadable?: (object: JsonObject) => string | undefined;
  /** What the schema cannot say. */
  readonly check?: (object: JsonObject, old: JsonObject | undefined) => readonly Cause[];
  /** Whether PUT may leave out the resourceVersion and so overwrite whatever is there. */
  readonly unconditionalUpdate: boolean;
  /** A namespace's name is a label; all other names may have dots. */
  readonly nameRule: 'label' | 'subdomain';
  /** Objects are dropped this long after their last write. */
  readonly lifetimeMs?: number;
}

/** One column of `kubectl get`. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  /** 0 is always shown, more only with `-o wide`. */
  readonly priority: number;
  /** Asked of the stored form. */
  readonly cell: (object: JsonObject, wallMs: number) => unknown;
}

export function apiVersionOf(type: { readonly group: string; readonly version: string }): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}
