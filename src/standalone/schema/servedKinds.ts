import { createDiscovery, type Discovery } from '../serving/discovery.ts';
import { createOpenApi, type OpenApi } from '../serving/openapi.ts';
import { createProtobufReader, type ProtobufReader } from '../serving/protobuf.ts';
import { createBuiltinKinds } from './builtinKinds.ts';
import { compileKind } from './compileKind.ts';
import { compileMetaCheck } from './objectMeta.ts';
import type { ResourceType } from './resourceType.ts';
import type { Validate } from './validation.ts';

/**
 * All that a server knows of its kinds, made ready. It never changes, so many servers in one process (a simulation starts
 * thousands) may share it.
 */
export interface ServedKinds {
  readonly types: readonly ResourceType[];
  readonly discovery: Discovery;
  readonly openApi: OpenApi;
  readonly protobuf: ProtobufReader;
  readonly metaCheck: Validate;
}

/** Compiles the built-in kinds and those of the CRDs. Throws an Error with a sentence when a CRD cannot be served. */
export function compileServedKinds(crds: readonly unknown[]): ServedKinds {
  const types = [...createBuiltinKinds(), ...crds.map(compileKind).toSorted(byPlural)];
  return {
    types,
    discovery: createDiscovery(types),
    openApi: createOpenApi(types),
    protobuf: createProtobufReader(),
    metaCheck: compileMetaCheck(),
  };
}

/** Clients list kinds in the order of discovery, and that should not depend on how files were read. */
function byPlural(a: ResourceType, b: ResourceType): number {
  return a.plural < b.plural ? -1 : 1;
}
