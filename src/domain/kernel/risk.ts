/** What an act can do to the world, from least to most. */
export const risks = ['Read', 'Reversible', 'Disruptive', 'Destructive'] as const;

export type Risk = (typeof risks)[number];

/** The greatest of them; Read where there are none. */
export function greatest(of: readonly Risk[]): Risk {
  return risks[Math.max(0, ...of.map((risk) => risks.indexOf(risk)))] as Risk;
}
