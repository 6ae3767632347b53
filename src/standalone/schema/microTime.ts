const microTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/;

/**
 * What is wrong with the first of these times that is not a MicroTime; Kubernetes wants exactly six digits behind the
 * seconds and answers 400 to anything else, so that a Lease written with three never finds a leader.
 */
export function badMicroTime(times: readonly unknown[]): string | undefined {
  const bad = times.find((time) => typeof time === 'string' && !microTime.test(time));
  return bad === undefined
    ? undefined
    : `parsing time ${JSON.stringify(bad)} as "2006-01-02T15:04:05.000000Z07:00": exactly six digits are needed behind the seconds`;
}
