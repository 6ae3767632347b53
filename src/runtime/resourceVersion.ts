/**
 * Resource versions are decimal numbers of any length that grow with every write to the store; since Kubernetes 1.35
 * that is promised (KEP-5504), before it was merely so. Undefined when either is of another form: then nobody may
 * conclude anything.
 */
export function compareResourceVersions(one: string, other: string): -1 | 0 | 1 | undefined {
  if (!decimal.test(one) || !decimal.test(other)) return undefined;
  if (one.length !== other.length) return one.length < other.length ? -1 : 1;
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

const decimal = /^(0|[1-9]\d*)$/;
