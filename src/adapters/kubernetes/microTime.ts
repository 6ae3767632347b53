/**
 * Kubernetes MicroTime: exactly six digits after the second. JavaScript's own three make the API server answer 400
 * to a Lease, and then there is never a leader (kubernetes-client/javascript issue 828).
 *
 * `micros` (0 to 999) are the digits that the machine's clock does not know.
 */
export function microTime(wallMs: number, micros = 0): string {
  return `${new Date(wallMs).toISOString().slice(0, -1)}${String(micros).padStart(3, '0')}Z`;
}
