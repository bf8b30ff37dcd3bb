import { gammaQ } from "../../reservoir/statistics/special.ts";

/** Garwood's exact 95 % interval for the mean of a Poisson count. By bisection on the incomplete gamma function. */
export function poissonInterval(count: number): [number, number] {
  const solve = (above: (mean: number) => boolean): number => {
    let [low, high] = [0, count + 10 * Math.sqrt(count + 1) + 20];
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (above(middle)) high = middle;
      else low = middle;
    }
    return (low + high) / 2;
  };
  // P(X < k) = Q(k, mean): falls with the mean.
  const low = count === 0 ? 0 : solve((mean) => 1 - gammaQ(count, mean) >= 0.025);
  const high = solve((mean) => gammaQ(count + 1, mean) <= 0.025);
  return [low, high];
}
