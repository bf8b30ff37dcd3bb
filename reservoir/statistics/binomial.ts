import { ScienceError } from "../../common/errors.ts";
import { betainc } from "./special.ts";

/**
 * Clopper and Pearson's exact interval for a share of k in n: each side leaves out at most `tail` (default 0.025, a 95 % interval; 0.05 for a
 * one-sided 95 % bound). By bisection on the incomplete beta function. Of none in none 0 to 1. ScienceError BAD_VALUES unless k and n are whole, 0 <= k <= n.
 */
export function binomialInterval(k: number, n: number, tail = 0.025): [number, number] {
  if (!(Number.isInteger(k) && Number.isInteger(n) && k >= 0 && k <= n))
    throw new ScienceError("BAD_VALUES", `${k} of ${n} are no share.`, "Count what there was.", { k, n });
  const solve = (above: (p: number) => boolean): number => {
    let [low, high] = [0, 1];
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (above(middle)) high = middle;
      else low = middle;
    }
    return (low + high) / 2;
  };
  // P(X >= k) = I_p(k, n - k + 1), P(X <= k) = 1 - I_p(k + 1, n - k).
  const low = k === 0 ? 0 : solve((p) => betainc(k, n - k + 1, p) >= tail);
  const high = k === n ? 1 : solve((p) => 1 - betainc(k + 1, n - k, p) <= tail);
  return [low, high];
}
