/** Delays of each step of the drive, and how loud they are by themselves. */

/** Means are 0 where a step has no answer. */
export interface StepMeans {
  readonly means: Float64Array;
  readonly counts: Float64Array;
  /** Of one delay among those of its step. */
  readonly variance: number;
  readonly answers: number;
}

/** `steps` has the step of each delay, -1 for those of none. */
export function stepMeans(delays: Float64Array, steps: Int32Array, count: number): StepMeans {
  const [sums, counts] = [new Float64Array(count), new Float64Array(count)];
  let [squares, answers] = [0, 0];
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as number;
    if (step < 0) continue;
    sums[step] = (sums[step] as number) + (delays[i] as number);
    counts[step] = (counts[step] as number) + 1;
    squares += (delays[i] as number) ** 2;
    answers++;
  }
  const means = sums.map((sum, step) => sum / Math.max(1, counts[step] as number));
  const between = sums.reduce((total, sum, step) => total + sum * (means[step] as number), 0);
  const filled = counts.filter((own) => own > 0).length;
  return { means, counts, variance: Math.max(0, squares - between) / Math.max(1, answers - filled), answers };
}
