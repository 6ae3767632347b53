/** Records as XAPI writes them, with some fields that nobody here reads, to be left aside. */
export type Row = readonly [table: string, ref: string, record: Readonly<Record<string, unknown>>];

const nullRef = 'OpaqueRef:NULL';

export function smallPool(ids: {
  readonly poolUUID: string;
  readonly hostUUIDs: readonly string[];
  readonly hostRefs: readonly string[];
  readonly vmUUID: string;
  readonly vdiUUID: string;
  readonly srUUID: string;
  readonly bootSeconds: number;
}): readonly Row[] {
  const { hostRefs, hostUUIDs } = ids;
  return [
    [
      'pool',
      'OpaqueRef:pool',
      { uuid: ids.poolUUID, name_label: 'lab', master: hostRefs[0], ha_enabled: false, other_config: {} },
    ],
    ...hostRefs.flatMap((ref, index): readonly Row[] => [
      ['host', ref, hostRecord(hostUUIDs[index]!, index + 1, ids.bootSeconds)],
      [
        'host_metrics',
        `OpaqueRef:metrics-${index + 1}`,
        { live: true, memory_total: 64e9, memory_free: 32e9 },
      ],
      [
        'pbd',
        `OpaqueRef:pbd-${index + 1}`,
        { host: ref, SR: 'OpaqueRef:sr', currently_attached: index !== 2, device_config: { server: 'nas' } },
      ],
    ]),
    [
      'sr',
      'OpaqueRef:sr',
      { uuid: ids.srUUID, name_label: 'shared', type: 'nfs', shared: true, current_operations: {} },
    ],
    ['vm', 'OpaqueRef:vm-1', vmRecord(ids.vmUUID, { resident_on: hostRefs[1] })],
    ['vm', 'OpaqueRef:template', { ...vmRecord('template', {}), is_a_template: true }],
    ['vm', 'OpaqueRef:dom0', { ...vmRecord('dom0', {}), is_control_domain: true }],
    ['vbd', 'OpaqueRef:vbd-1', vbdRecord({})],
    ['vbd', 'OpaqueRef:vbd-2', vbdRecord({ VDI: nullRef, empty: true, type: 'CD', mode: 'RO' })],
    ['vdi', 'OpaqueRef:vdi-1', vdiRecord(ids.vdiUUID, { [`host_${hostRefs[1]}`]: 'RW' })],
    ['vm_guest_metrics', 'OpaqueRef:guest-1', { live: true, os_version: { name: 'Debian' } }],
  ];
}

function hostRecord(uuid: string, number: number, bootSeconds: number): Readonly<Record<string, unknown>> {
  return {
    uuid,
    name_label: `host-${number}`,
    address: `10.0.0.${number}`,
    enabled: true,
    current_operations: {},
    bios_strings: { 'system-serial-number': `SERIAL-${number}` },
    software_version: { product_version: '8.3.0', xapi_build: '25.33.1' },
    metrics: `OpaqueRef:metrics-${number}`,
    other_config: { agent_start_time: `${bootSeconds}.` },
  };
}

export function vmRecord(
  uuid: string,
  fields: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return {
    uuid,
    name_label: `machine ${uuid.slice(-1)}`,
    is_a_template: false,
    is_a_snapshot: false,
    is_control_domain: false,
    power_state: 'Running',
    resident_on: nullRef,
    scheduled_to_be_resident_on: nullRef,
    affinity: nullRef,
    current_operations: {},
    memory_dynamic_max: 4e9,
    memory_overhead: 1e7,
    order: 1,
    start_delay: 30,
    guest_metrics: 'OpaqueRef:guest-1',
    VBDs: ['OpaqueRef:vbd-1', 'OpaqueRef:vbd-2'],
    ...fields,
  };
}

export function vbdRecord(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { VM: 'OpaqueRef:vm-1', VDI: 'OpaqueRef:vdi-1', empty: false, type: 'Disk', mode: 'RW', ...fields };
}

export function vdiRecord(
  uuid: string,
  smConfig: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  return {
    uuid,
    SR: 'OpaqueRef:sr',
    sm_config: smConfig,
    current_operations: {},
    virtual_size: Number.MAX_SAFE_INTEGER * 4,
  };
}
