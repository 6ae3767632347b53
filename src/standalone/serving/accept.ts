import { type Refusal, refuse } from './status.ts';

/** The forms that an object or a list can be asked for in the Accept header. */
export type Form =
  | { readonly kind: 'object' }
  | { readonly kind: 'table'; readonly version: 'v1' | 'v1beta1' }
  | { readonly kind: 'partial'; readonly version: 'v1' | 'v1beta1' };

interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** The media ranges of an Accept header, in order. Quality values are not looked at; no known client sends them. */
export function mediaRanges(accept: string | undefined): readonly MediaRange[] {
  return (accept ?? '*/*').split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    return {
      type: type.toLowerCase(),
      parameters: new Map(
        parameters.map((parameter) => {
          const [name = '', value = ''] = parameter.split('=');
          return [name, value];
        }),
      ),
    };
  });
}

const json = new Set(['application/json', 'application/*', '*/*', '']);

/** The first form that this server can give; it answers only in JSON. */
export function negotiate(accept: string | undefined): Form | Refusal {
  for (const { type, parameters } of mediaRanges(accept)) {
    if (!json.has(type)) continue;
    const as = parameters.get('as');
    if (as === undefined) return { kind: 'object' };
    const version = parameters.get('v');
    if (parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) continue;
    if (as === 'Table') return { kind: 'table', version };
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList')
      return { kind: 'partial', version };
  }
  return refuse(406, 'NotAcceptable', {
    message: 'only the following media types are accepted: application/json',
  });
}
