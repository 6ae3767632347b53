import type { SchemaNode } from './structural.ts';

/** The schema of a whole built-in object; `metadata` is the server's. */
export function wholeSchema(
  description: string,
  properties: Readonly<Record<string, SchemaNode>>,
): SchemaNode {
  return {
    type: 'object',
    description,
    properties: {
      apiVersion: {
        type: 'string',
        description: 'The group and version of the API that this object is written in.',
      },
      kind: { type: 'string', description: 'The kind of the object.' },
      metadata: { type: 'object', additionalProperties: true },
      ...properties,
    },
  };
}
