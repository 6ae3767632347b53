/** One measured figure and the bar that the project sets for it. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** It is to stay at or below this. */
  readonly bar: number;
}

export function line(figure: Figure): string {
  const within = figure.value <= figure.bar;
  const value = `${figure.value.toFixed(figure.value < 10 ? 2 : 0)}${figure.unit === '' ? '' : ` ${figure.unit}`}`;
  const bar = `≤ ${figure.bar}${figure.unit === '' ? '' : ` ${figure.unit}`}`;
  return `${within ? ' ' : '!'} ${figure.name.padEnd(72)} ${value.padStart(12)}   ${bar}`;
}
