import { allow, deny, type Guard } from '../verdict.ts';

/** A host in Maintenance is silent because people work on it, and cutting its power may hurt them or their work. */
export const hostIsInService: Guard = {
  name: 'hostIsInService',
  judge: ({ target }) =>
    target.state === 'InService'
      ? allow(`${target.name} is declared to be in service.`)
      : deny(`${target.name} is in Maintenance. Set state: InService on the Host if it has really failed.`),
};
