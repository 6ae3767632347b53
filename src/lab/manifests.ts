/**
 * The manifests that a person would write for a lab: Secrets, the Pool, its Hosts and VirtualServers. Plain objects, for
 * `kubectl apply` or for an API client; made from the lab's document alone.
 */
import type { Host, Pool, VirtualServer } from '../api/generated/types.ts';
import type { KubernetesObject } from '../ports/kubernetes.ts';
import type { LabDocument, LabVirtualMachine } from './document.ts';

export interface ManifestOptions {
  readonly namespace: string;
  readonly mode: 'Observe' | 'Manual';
  /** How long a member must be silent before it may be fenced, in the operator's own seconds. */
  readonly memberTimeoutSeconds: number;
  readonly startsAtOncePerHost?: number;
}

export interface SecretManifest extends KubernetesObject {
  readonly type: 'Opaque';
  readonly stringData: Readonly<Record<string, string>>;
}

const apiVersion = 'kintsugi.dev/v1alpha1' as const;
const poolName = 'lab';
const priorities: Readonly<Record<LabVirtualMachine['priority'], number>> = { High: 80, Normal: 50, Low: 20 };

/** In the order in which they can be applied. */
export function manifestsOf(document: LabDocument, options: ManifestOptions): readonly KubernetesObject[] {
  const first = document.members[0];
  if (first === undefined) throw new Error('the lab has no members');
  return [
    secret('lab-xapi', options, first),
    ...document.members.map((member) => secret(`lab-${member.bmc.name}`, options, member.bmc)),
    pool(document, options),
    ...document.members.map((member) => host(member, options)),
    ...document.virtualMachines.map((machine) => virtualServer(machine, options)),
  ];
}

function secret(
  name: string,
  { namespace }: ManifestOptions,
  account: { readonly user: string; readonly password: string },
): SecretManifest {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    type: 'Opaque',
    stringData: { username: account.user, password: account.password },
  };
}

function pool(document: LabDocument, options: ManifestOptions): Pool {
  return {
    apiVersion,
    kind: 'Pool',
    metadata: { name: poolName, namespace: options.namespace },
    spec: {
      hypervisor: {
        xapi: {
          poolUUID: document.poolUUID,
          port: document.port,
          credentialsSecretRef: { name: 'lab-xapi' },
        },
      },
      mode: options.mode,
      detection: { memberTimeoutSeconds: options.memberTimeoutSeconds },
      ...(options.startsAtOncePerHost === undefined
        ? {}
        : { limits: { startsAtOncePerHost: options.startsAtOncePerHost } }),
    },
  };
}

function host(member: LabDocument['members'][number], { namespace }: ManifestOptions): Host {
  return {
    apiVersion,
    kind: 'Host',
    metadata: { name: member.name, namespace },
    spec: {
      poolRef: { name: poolName },
      hostUUID: member.hostUUID,
      address: member.address,
      serial: member.serial,
      tls: { sha256Fingerprint: member.fingerprint },
      power: [
        {
          redfish: {
            url: member.bmc.origin,
            systemId: member.bmc.systemId,
            credentialsSecretRef: { name: `lab-${member.bmc.name}` },
            tls: { sha256Fingerprint: member.bmc.fingerprint },
          },
        },
        { attestation: {} },
      ],
    },
  };
}

function virtualServer(machine: LabVirtualMachine, { namespace }: ManifestOptions): VirtualServer {
  return {
    apiVersion,
    kind: 'VirtualServer',
    metadata: { name: machine.name, namespace },
    spec: {
      poolRef: { name: poolName },
      vmUUID: machine.uuid,
      powerState: 'Running',
      restart: {
        order: machine.order,
        priority: priorities[machine.priority],
        delaySeconds: machine.startDelaySeconds,
      },
    },
  };
}

/** A request to release one member, as a person would write it. */
export function releaseRequest(options: {
  readonly namespace: string;
  readonly name: string;
  readonly hostName: string;
  readonly mode: 'Plan' | 'Execute';
}): KubernetesObject & { readonly spec: unknown } {
  return {
    apiVersion,
    kind: 'RecoveryRequest',
    metadata: { name: options.name, namespace: options.namespace },
    spec: {
      target: { hostRef: { name: options.hostName } },
      procedure: 'ReleaseMember',
      mode: options.mode,
    },
  };
}
