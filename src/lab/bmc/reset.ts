import type { HttpReply, HttpRequest } from '../../wire/http.ts';
import type { Pool } from '../xapi/pool.ts';
import type { Bmc } from './bmc.ts';
import { json, noContent, parse, refusal } from './replies.ts';
import { etagOf, resetTypes, systemPath } from './resources.ts';

export const resetPath = `${systemPath}/Actions/ComputerSystem.Reset`;

type Outcome = 'accepted' | 'alreadyOff' | 'alreadyOn';

/** ComputerSystem.Reset: what it is refused for, what it does, and how it says so. */
export function reset(
  { bmc, pool }: { readonly bmc: Bmc; readonly pool: Pool },
  request: HttpRequest,
): HttpReply | 'hangUp' {
  const { ResetType: type } = parse(request.body);
  const refused = refusedFor(bmc, type, request);
  if (refused !== undefined) return refused;
  const outcome = carryOut(bmc, type);
  if (bmc.is('dropsConnectionAtReset')) return 'hangUp';
  return replyTo(outcome, bmc, pool);
}

function refusedFor(bmc: Bmc, type: unknown, { headers }: HttpRequest): HttpReply | undefined {
  if (bmc.is('mayOnlyRead')) {
    return refusal(403, 'InsufficientPrivilege', 'There are insufficient privileges for the account.');
  }
  if (bmc.busyTimes > 0) {
    bmc.busyTimes -= 1;
    const message = 'The service is temporarily unavailable. Retry in 5 seconds.';
    return refusal(503, 'ServiceTemporarilyUnavailable', message, { 'retry-after': '5' });
  }
  const ifMatch = headers['if-match'];
  if (bmc.is('wantsIfMatch') && ifMatch !== etagOf(bmc)) {
    return ifMatch === undefined
      ? refusal(428, 'PreconditionRequired', 'The request needs an If-Match header.')
      : refusal(412, 'PreconditionFailed', 'The ETag does not match.');
  }
  if (typeof type === 'string' && resetTypes(bmc).includes(type)) return undefined;
  return refusal(400, 'ActionParameterValueNotInList', `ResetType ${String(type)} is not supported.`);
}

/** A graceful shutdown is left to the operating system of the machine, which does nothing about it here. */
function carryOut(bmc: Bmc, type: unknown): Outcome {
  const { user } = bmc.identity;
  if (type === 'On') return bmc.powerOn();
  if (type === 'ForceOff') return bmc.forceOff(user);
  return type === 'ForceRestart' ? bmc.forceRestart(user) : 'accepted';
}

function replyTo(outcome: Outcome, bmc: Bmc, pool: Pool): HttpReply {
  if (outcome !== 'accepted' && pool.habits.forceOffWhenOff === 'conflict') {
    return refusal(409, 'ResourceInUse', 'The system is in the requested power state already.');
  }
  if (!bmc.is('answersWithTask')) return noContent;
  const task = '/redfish/v1/TaskService/Tasks/1';
  const body = { '@odata.id': task, '@odata.type': '#Task.v1_7_4.Task', Id: '1', TaskState: 'Running' };
  return json(202, body, { location: `${task}/Monitor` });
}
