/** Reached only when a union grew and a switch did not: a bug, not an outcome. */
export function assertNever(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}
