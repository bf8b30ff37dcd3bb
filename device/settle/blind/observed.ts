/** What the instrument is given of a recording: never the answer. */

/** Fewer say nothing. */
export const LEAST_ANSWERS = 100;

/** In order of time, each answer once. */
export interface Observed {
  readonly tS: Float64Array;
  /** Position in the chain; 0 where the file says nothing of chips. */
  readonly chip: Int32Array;
  /** null: the file says nothing of cores. */
  readonly core: Int32Array | null;
  /** log2 of the difficulty; null: unknown. */
  readonly difficultyLog2: Float64Array | null;
  /** Observed less ideal time; where a file has none, the time since the answer before, which holds the luck of hashing too. */
  readonly delay: Float64Array;
  readonly delayIs: "residual" | "interval";
  /** Steps of the input, as the chips were told them; empty where there was none. */
  readonly drive: readonly DriveStep[];
}

export interface DriveStep {
  readonly tS: number;
  readonly u: number;
}

/** The step that holds each time; -1 before the first. `drive` and `tS` rise. */
export function stepsAt(tS: Float64Array, drive: readonly DriveStep[]): Int32Array {
  const steps = new Int32Array(tS.length);
  let step = -1;
  for (let i = 0; i < tS.length; i++) {
    while (step + 1 < drive.length && (drive[step + 1] as DriveStep).tS <= (tS[i] as number)) step++;
    steps[i] = step;
  }
  return steps;
}

/** What a test says, and what it could have said. */
export interface Looked {
  readonly pValue: number;
  /** Least strength that is found in 95 of 100 such recordings at a level; null where that depends on what is not in the file. */
  readonly least: ((level: number) => number) | null;
}
