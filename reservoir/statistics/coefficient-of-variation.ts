/** Standard deviation over mean of the intervals between event times (population form, as the papers use it); null for fewer than two intervals. */
export function coefficientOfVariation(times: ArrayLike<number>): number | null {
  const n = times.length - 1;
  if (n < 2) return null;
  const mean = ((times[n] as number) - (times[0] as number)) / n;
  let variance = 0;
  for (let i = 0; i < n; i++) variance += ((times[i + 1] as number) - (times[i] as number) - mean) ** 2 / n;
  return mean > 0 ? Math.sqrt(variance) / mean : null;
}
