import type { HttpReply } from '../../wire/http.ts';
import type { JsonObject } from '../json.ts';
import type { ResourceType } from '../schema/resourceType.ts';
import type { Form } from './accept.ts';
import { type IncludeObject, partialOf, tableOf } from './table.ts';

export interface RenderOptions {
  readonly form: Form;
  readonly include: IncludeObject;
  readonly wallMs: number;
}

/** The JSON text of one object in the form that was asked for. `body` is its stored text. */
export function renderObject(type: ResourceType, body: string, options: RenderOptions): string {
  const { form } = options;
  if (form.kind === 'object') {
    return type.view === undefined ? body : JSON.stringify(type.view.fromStored(JSON.parse(body)));
  }
  const object = JSON.parse(body) as JsonObject;
  if (form.kind === 'partial') return JSON.stringify(partialOf(object, form.version));
  const { resourceVersion } = object['metadata'] as JsonObject;
  return JSON.stringify(
    tableOf(type, [object], {
      version: form.version,
      include: options.include,
      headers: 'shown',
      metadata: { resourceVersion },
      wallMs: options.wallMs,
    }),
  );
}

/** A 200 or 201 with JSON, and one Warning header for what the client should know. */
export function jsonReply(status: number, body: string, warnings: readonly string[] = []): HttpReply {
  const warning = warnings.map((text) => `299 - ${JSON.stringify(text)}`).join(', ');
  return {
    status,
    headers: { 'content-type': 'application/json', ...(warning === '' ? {} : { warning }) },
    body: body.endsWith('\n') ? body : `${body}\n`,
  };
}
