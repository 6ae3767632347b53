/**
 * Links between Redfish resources. Only those that stay on the controller's own origin lead anywhere: one whose answers were
 * tampered with must not be able to send our token to somebody else.
 */
export type Resource = Readonly<Record<string, unknown>>;

export function asResource(value: unknown): Resource | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Resource)
    : undefined;
}

/** The path that a link or a Location header names on this very origin; undefined for one that leads elsewhere. */
export function pathOn(origin: string, link: unknown): string | undefined {
  if (typeof link !== 'string') return undefined;
  const path = link.startsWith('https://') ? pathOfAddress(origin, link) : link;
  if (path === undefined) return undefined;
  const plain = /^\/[A-Za-z0-9._~!$&'()*+,;=:@%/?#-]*$/.test(path) && !path.startsWith('//');
  return plain && !path.split('/').includes('..') ? path : undefined;
}

/** The path behind `{"@odata.id": "/redfish/v1/…"}`. */
export function linkIn(origin: string, value: unknown): string | undefined {
  return pathOn(origin, asResource(value)?.['@odata.id']);
}

/**
 * Where a redirect of `path` leads, if that is another Redfish path of this origin. A login page is none, and a
 * Location that is relative counts from the path.
 */
export function movedTo(origin: string, path: string, location: string | undefined): string | undefined {
  if (location === undefined || location.split('/').includes('..')) return undefined;
  const url = parse(location, `${origin}${path}`);
  if (url === undefined || url.origin !== parse(origin)?.origin) return undefined;
  const target = pathOn(origin, `${url.pathname}${url.search}`);
  return target?.startsWith('/redfish/') === true && target !== path ? target : undefined;
}

/** The last part of a member's path is its id. */
export function idOf(path: string): string {
  return path.replace(/\/+$/, '').split('/').at(-1) ?? '';
}

/** The members of a collection as paths; those that lead to another origin are left out. */
export function membersIn(origin: string, collection: Resource): readonly string[] {
  const { Members: members } = collection;
  if (!Array.isArray(members)) return [];
  return members.flatMap((member) => linkIn(origin, member) ?? []);
}

/** Port 443 may be written out or not. */
function pathOfAddress(origin: string, address: string): string | undefined {
  const [, authority = '', path] = /^(https:\/\/[^/]*)(\/.*)?$/.exec(address) ?? [];
  return parse(authority)?.origin === parse(origin)?.origin ? path : undefined;
}

function parse(address: string, base?: string): URL | undefined {
  return URL.canParse(address, base) ? new URL(address, base) : undefined;
}
