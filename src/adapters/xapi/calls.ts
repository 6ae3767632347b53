/**
 * Every XAPI call that the operator makes, with the types of its parameters and its result as XAPI's own data model
 * writes them. A name that is not here cannot be sent (jsonRpc.ts takes no other), and a test holds each line against
 * the data model in `model/`.
 */
export interface CallShape {
  readonly params: readonly string[];
  readonly result: string;
}

export const xapiCalls = {
  'session.login_with_password': {
    params: ['string', 'string', 'string', 'string'],
    result: 'session ref',
  },
  'session.logout': { params: ['session ref'], result: 'void' },
  'pool.get_all_records': { params: ['session ref'], result: '(pool ref -> pool record) map' },
  'event.from': {
    params: ['session ref', 'string set', 'string', 'float'],
    result: 'an event batch',
  },
  'host.get_servertime': { params: ['session ref', 'host ref'], result: 'datetime' },
  'host.compute_free_memory': { params: ['session ref', 'host ref'], result: 'int' },
  'VDI.get_all_records': { params: ['session ref'], result: '(VDI ref -> VDI record) map' },
  'VDI.get_all_records_where': {
    params: ['session ref', 'string'],
    result: '(VDI ref -> VDI record) map',
  },
  'VDI.get_record': { params: ['session ref', 'VDI ref'], result: 'VDI record' },
  'VDI.get_by_uuid': { params: ['session ref', 'string'], result: 'VDI ref' },
  'VDI.remove_from_sm_config': { params: ['session ref', 'VDI ref', 'string'], result: 'void' },
  'VBD.get_record': { params: ['session ref', 'VBD ref'], result: 'VBD record' },
  'VM.get_record': { params: ['session ref', 'VM ref'], result: 'VM record' },
  'VM.assert_can_boot_here': { params: ['session ref', 'VM ref', 'host ref'], result: 'void' },
  'Async.VM.start_on': {
    params: ['session ref', 'VM ref', 'host ref', 'bool', 'bool'],
    result: 'task ref',
  },
  'Async.host.declare_dead': { params: ['session ref', 'host ref'], result: 'task ref' },
  'task.get_record': { params: ['session ref', 'task ref'], result: 'task record' },
  'task.destroy': { params: ['session ref', 'task ref'], result: 'void' },
} as const satisfies Readonly<Record<string, CallShape>>;

export type XapiCall = keyof typeof xapiCalls;
