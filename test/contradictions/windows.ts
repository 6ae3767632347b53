/** Spans of time in which something held, made of moments at which it was looked at. */
export interface Span {
  readonly fromMs: number;
  /** Undefined while it holds. */
  readonly toMs: number | undefined;
}

export class Windows {
  private readonly spans: { fromMs: number; toMs: number | undefined }[] = [];

  note(nowMs: number, holds: boolean): void {
    const last = this.spans.at(-1);
    const open = last !== undefined && last.toMs === undefined;
    if (holds && !open) this.spans.push({ fromMs: nowMs, toMs: undefined });
    else if (!holds && open && last !== undefined) last.toMs = nowMs;
  }

  /** Since when it holds; undefined when it does not. */
  since(): number | undefined {
    const last = this.spans.at(-1);
    return last?.toMs === undefined ? last?.fromMs : undefined;
  }

  /** Whether it held at some moment between the two. */
  touched(between: { readonly fromMs: number; readonly toMs: number }): boolean {
    return this.spans.some(
      ({ fromMs, toMs }) => fromMs <= between.toMs && (toMs ?? Number.POSITIVE_INFINITY) >= between.fromMs,
    );
  }

  /** Whether it held without a break for so long, between two moments. */
  held(lastedMs: number, between: { readonly fromMs: number; readonly toMs: number }): boolean {
    return this.spans.some(({ fromMs, toMs }) => {
      const from = Math.max(fromMs, between.fromMs);
      const to = Math.min(toMs ?? between.toMs, between.toMs);
      return to - from >= lastedMs;
    });
  }
}
