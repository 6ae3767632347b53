/** One measured figure and the bar that the project sets for it. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** It is to stay at or below this; without one it is only told. */
  readonly bar?: number;
}

export function line({ name, value, unit, bar }: Figure): string {
  const within = bar === undefined || value <= bar;
  const withUnit = (number: string): string => (unit === '' ? number : `${number} ${unit}`);
  const measured = withUnit(value.toFixed(value < 10 ? 2 : 0)).padStart(12);
  const limit = bar === undefined ? '' : `   ≤ ${withUnit(String(bar))}`;
  return `${within ? ' ' : '!'} ${name.padEnd(72)} ${measured}${limit}`;
}
