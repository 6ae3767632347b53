import { createHash } from 'node:crypto';
import type { Connection } from '../adapters/kubernetes/connection.ts';
import { createRedfish } from '../adapters/power/redfish.ts';
import { createXapi } from '../adapters/xapi/poolLink.ts';
import { type Operator, startOperator } from '../operator.ts';
import type { Log } from '../ports/log.ts';
import type { Surroundings } from '../terminal/surroundings.ts';

/** The operator with the real adapters: XAPI and Redfish over sockets. */
export function runOperator(
  { clock, random, network }: Surroundings,
  where: {
    readonly connection: Connection;
    readonly log: Log;
    readonly leaseNamespace: string;
    readonly holderName: string;
  },
): Operator {
  const deps = { clock, random, network, log: where.log };
  return startOperator({
    ...deps,
    ...where,
    openPool: createXapi(deps),
    openRedfish: createRedfish(deps),
    hashOf: (text) => createHash('sha256').update(text).digest('hex').slice(0, 16),
  });
}
