import { type JsonObject, objectAt } from '../json.ts';
import type { ResourceType } from '../schema/resourceType.ts';

/** What stands in the rows of a Table besides the cells. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface TableOptions {
  readonly version: 'v1' | 'v1beta1';
  readonly include: IncludeObject;
  /** A watch sends the column definitions only with its first event. */
  readonly headers: 'shown' | 'hidden';
  readonly metadata: JsonObject;
  readonly wallMs: number;
}

/** Objects (in their stored form) as meta.k8s.io Table: the server decides what `kubectl get` shows. */
export function tableOf(
  type: ResourceType,
  objects: readonly JsonObject[],
  options: TableOptions,
): JsonObject {
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: options.metadata,
    columnDefinitions:
      options.headers === 'hidden'
        ? null
        : type.columns.map(({ name, type: columnType, format, description, priority }) => ({
            name,
            type: columnType,
            format,
            description,
            priority,
          })),
    rows: objects.map((object) => ({
      cells: type.columns.map((column) => column.cell(object, options.wallMs)),
      object: rowObject(type, object, options),
    })),
  };
}

function rowObject(type: ResourceType, object: JsonObject, options: TableOptions): unknown {
  switch (options.include) {
    case 'None':
      return null;
    case 'Metadata':
      return partialOf(object, options.version);
    case 'Object':
      return type.view?.fromStored(object) ?? object;
  }
}

/** An object of which only the metadata was asked for. */
export function partialOf(object: JsonObject, version: 'v1' | 'v1beta1'): JsonObject {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: objectAt(object, 'metadata'),
  };
}
