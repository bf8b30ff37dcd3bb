/** A die, its package, and the way of the heat to what they sit on. Three thermal masses with the sink: three time constants. */
export interface HeatPath {
  readonly junctionJPerK: number;
  /** Junction to package, and package to sink, W/K. */
  readonly junctionWPerK: number;
  readonly packageJPerK: number;
  readonly packageWPerK: number;
}

/** What the sink sees of a chip over one step: a temperature behind a conductance. */
export interface HeatSource {
  readonly sourceC: number;
  readonly wPerK: number;
}

/**
 * A chip with `heatW` in its die over a step of `dtS`, as its sink sees it. Backward Euler: every watt that leaves one mass in a step
 * enters the next in the same step, so no energy is lost or made, and a step may be far longer than the die's time constant.
 */
export function chipAsSource(path: HeatPath, junctionC: number, packageC: number, heatW: number, dtS: number): HeatSource {
  const { sourceC, wPerK, storedWPerK } = packageAsSource(path, junctionC, packageC, heatW, dtS);
  return { sourceC, wPerK: series(wPerK + storedWPerK, path.packageWPerK) };
}

/** Temperatures after the step, once that of the sink after it is known. */
export function chipTemperatures(
  path: HeatPath,
  junctionC: number,
  packageC: number,
  heatW: number,
  sinkAfterC: number,
  dtS: number,
): { junctionC: number; packageC: number } {
  const { sourceC, wPerK, storedWPerK } = packageAsSource(path, junctionC, packageC, heatW, dtS);
  const kept = wPerK + storedWPerK;
  const packageAfterC = (kept * sourceC + path.packageWPerK * sinkAfterC) / (kept + path.packageWPerK);
  const stored = path.junctionJPerK / dtS;
  const junctionAfterC = (stored * junctionC + heatW + path.junctionWPerK * packageAfterC) / (stored + path.junctionWPerK);
  return { junctionC: junctionAfterC, packageC: packageAfterC };
}

function packageAsSource(path: HeatPath, junctionC: number, packageC: number, heatW: number, dtS: number) {
  const stored = path.junctionJPerK / dtS;
  const wPerK = series(stored, path.junctionWPerK);
  const storedWPerK = path.packageJPerK / dtS;
  const sourceC = (storedWPerK * packageC + wPerK * (junctionC + heatW / stored)) / (storedWPerK + wPerK);
  return { sourceC, wPerK, storedWPerK };
}

function series(a: number, b: number): number {
  return (a * b) / (a + b);
}
