/** One valid object of each kind, as a person would write it. Tests change a copy. */
export const poolUUID = '3f6a2f5e-1c1b-4d0e-9a51-0a1b2c3d4e5f';
export const hostUUID = '7b0f0c52-6f1e-4a55-8a63-5f4e3d2c1b0a';
export const vmUUID = 'c2b1a090-8f7e-4d6c-9b5a-493827160504';
export const fingerprint = 'ab'.repeat(32);

export interface Sample {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly [field: string]: unknown };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export const pool = (name: string, spec: Readonly<Record<string, unknown>> = {}): Sample => ({
  apiVersion: 'kintsugi.dev/v1alpha1',
  kind: 'Pool',
  metadata: { name },
  spec: { hypervisor: { xapi: { poolUUID, credentialsSecretRef: { name: 'pool-login' } } }, ...spec },
});

export const host = (name: string, spec: Readonly<Record<string, unknown>> = {}): Sample => ({
  apiVersion: 'kintsugi.dev/v1alpha1',
  kind: 'Host',
  metadata: { name },
  spec: {
    poolRef: { name: 'east' },
    hostUUID,
    address: '192.0.2.11',
    tls: { sha256Fingerprint: fingerprint },
    ...spec,
  },
});

export const virtualServer = (name: string, spec: Readonly<Record<string, unknown>> = {}): Sample => ({
  apiVersion: 'kintsugi.dev/v1alpha1',
  kind: 'VirtualServer',
  metadata: { name },
  spec: { poolRef: { name: 'east' }, vmUUID, ...spec },
});

export const recoveryRequest = (name: string, spec: Readonly<Record<string, unknown>> = {}): Sample => ({
  apiVersion: 'kintsugi.dev/v1alpha1',
  kind: 'RecoveryRequest',
  metadata: { name },
  spec: { target: { hostRef: { name: 'east-1' } }, procedure: 'ReleaseMember', ...spec },
});
