/** The vertical scale of the residual trace: wide enough for most of the points, steady enough to read. */
const MARGIN = 0.15;
/** Points outside these quantiles are drawn at the edge: one outlier must not flatten the rest. */
const QUANTILES = [0.02, 0.98] as const;
const TOO_WIDE = 4;

export interface Scale {
  low: number;
  high: number;
}

/** 1, 2 or 5 times a power of ten, not below x (x > 0). */
export function niceStep(x: number): number {
  const power = 10 ** Math.floor(Math.log10(x));
  const mantissa = x / power;
  return (mantissa <= 1 ? 1 : mantissa <= 2 ? 2 : mantissa <= 5 ? 5 : 10) * power;
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.round(q * (sorted.length - 1)))] as number;
}

/** The current scale while it serves; a new one when points fall outside or it has become far too wide. Needs 8 finite values. */
export function residualScale(values: readonly number[], current: Scale | null): Scale | null {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length < 8) return current;
  const low = quantile(sorted, QUANTILES[0]);
  const high = quantile(sorted, QUANTILES[1]);
  const span = Math.max(high - low, 1e-6);
  if (current !== null && low >= current.low && high <= current.high && current.high - current.low <= TOO_WIDE * span) return current;
  const step = niceStep((span * (1 + 2 * MARGIN)) / 4);
  return { low: Math.floor((low - MARGIN * span) / step) * step, high: Math.ceil((high + MARGIN * span) / step) * step };
}

/** Three labels: bottom, middle, top, in ms, with as many digits as tell them apart. */
export function scaleLabels({ low, high }: Scale): [string, string, string] {
  const digits = Math.max(0, Math.min(4, 1 - Math.floor(Math.log10(high - low))));
  const text = (value: number): string => value.toFixed(digits).replace("-", "−");
  return [text(low), text((low + high) / 2), text(high)];
}
