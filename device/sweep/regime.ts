/** What kind of operating point it is, by rule. */
import type { Regime } from "../../telemetry/messages.ts";

/** A sound chip gets one hash in a million wrong (specs/bm1387.md 8.3, 10 mV above the minimum voltage, a GUESS there): a thousand times that is a sign. */
const MARGINAL_SHARE = 0.001;
/** Wrong answers that no pool would put up with. A choice. */
const EDGE_SHARE = 0.05;
/** Cores that are missing, or a clock that is not what it is thought to be: healthy boards are within a few per cent (specs/bm1387.md 8.4). A choice. */
const MARGINAL_RATE = 0.9;
const DEAD_RATE = 0.1;

export interface RegimeEvidence {
  /** 95 % interval of the invalid share; null when nothing was judged. */
  readonly invalidShare: { readonly low: number; readonly high: number } | null;
  /** 95 % interval of verified over expected rate. */
  readonly rateShare: { readonly low: number; readonly high: number };
}

/**
 * dead: less than a tenth of the expected rate. edge: at least a twentieth is wrong. marginal: at least a thousandth is wrong, or less than nine tenths
 * of the expected rate. healthy: less than a twentieth is wrong, and none of the others is shown. Always by the near end of the interval: a label is
 * given only when the count bears it out, and null otherwise.
 */
export function regimeOf({ invalidShare, rateShare }: RegimeEvidence): { regime: Regime | null; reason: string } {
  const percent = (share: number) => `${(100 * share).toPrecision(2)} %`;
  if (rateShare.high < DEAD_RATE) return { regime: "dead", reason: `at most ${percent(rateShare.high)} of the expected rate` };
  if (invalidShare === null) return { regime: null, reason: "no nonce was judged" };
  if (invalidShare.low >= EDGE_SHARE) return { regime: "edge", reason: `at least ${percent(invalidShare.low)} invalid` };
  if (invalidShare.low >= MARGINAL_SHARE) return { regime: "marginal", reason: `at least ${percent(invalidShare.low)} invalid` };
  if (rateShare.high < MARGINAL_RATE) return { regime: "marginal", reason: `at most ${percent(rateShare.high)} of the expected rate` };
  if (invalidShare.high < EDGE_SHARE) return { regime: "healthy", reason: `at most ${percent(invalidShare.high)} invalid` };
  return { regime: null, reason: `too few nonces: anything up to ${percent(invalidShare.high)} may be invalid` };
}
