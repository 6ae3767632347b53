import type { Procedure } from '../xapi/form.ts';
import { releaseMember } from './releaseMember.ts';

/** Every procedure that a request may name. */
export const procedures: readonly Procedure[] = [releaseMember];

/** Throws for a name that the API server would not have admitted. */
export function procedureNamed(name: string): Procedure {
  const found = procedures.find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no procedure ${name}`);
  return found;
}
