/** `20260131T12:34:56Z`, the form in which XAPI has always sent dates. */
export function xapiDate(wallMs: number): string {
  return new Date(Math.floor(wallMs / 1000) * 1000).toISOString().replaceAll('-', '').replace('.000Z', 'Z');
}
