/** Rows 10 to 13 on twins at their physical rates: every mode beside its controls, and what each of them earns. CLAIMS C */
import { splitmix64 } from "../../../common/random.ts";
import { checkFeatures } from "../../../reservoir/features/guard.ts";
import { type Matrix, rowRange, takeColumns } from "../../../reservoir/matrix.ts";
import { delayTaps } from "../../../reservoir/readout/taps.ts";
import { narma10 } from "../../../reservoir/tasks/narma10.ts";
import { beats } from "../../../reservoir/verdict/beats.ts";
import { type Scored, scoreReadout } from "../../../reservoir/verdict/score.ts";

export const [WASHOUT, TRAIN, TEST] = [100, 2000, 900];
export const STEPS = WASHOUT + TRAIN + TEST;

export interface ModeScore {
  readonly mode: string;
  readonly series: number;
  /** Of the chip's own answers. */
  readonly nrmse: number;
  /** Chance with the very same log. */
  readonly surrogate: number;
  /** What the host asked for, without any chip. null where it asked for the same throughout. */
  readonly hostAlone: number | null;
  /** The input of the step, and ten of its lags. */
  readonly inputOnly: number;
  readonly taps10: number;
  /** The same answers in another order of steps: the readout's own luck. */
  readonly shuffled: number;
  /** One-sided Diebold-Mariano: the chip against chance with its log. */
  readonly againstSurrogateP: number;
  /** Beaten by the project's rule: p below 0.01 and 5 % less squared error. */
  readonly beatsSurrogate: boolean;
}

export interface ModeStates {
  readonly mode: string;
  readonly states: Matrix;
  readonly surrogate: Matrix;
  readonly host: Matrix | null;
}

/** One series of NARMA-10, driven once: the mode's score beside its controls, all with the same readout, split and choice of penalty. */
export async function scoreMode({ mode, states, surrogate, host }: ModeStates, seed: number): Promise<ModeScore> {
  const { u, y } = narma10(seed, STEPS);
  const target = y.slice(WASHOUT + 1, STEPS + 1);
  const score = (name: string, all: Matrix): Promise<Scored> => {
    const x = rowRange(all, { from: WASHOUT, to: STEPS });
    const names = Array.from({ length: x.cols }, (_, column) => String(column));
    const { kept } = checkFeatures(x, names, { from: 0, to: TRAIN });
    return scoreReadout({ name, description: name }, takeColumns(x, kept), target, TRAIN);
  };
  const own = await score(mode, states);
  const chance = await score("surrogate", surrogate);
  const compared = beats(target.subarray(TRAIN), own, chance);
  return {
    mode,
    series: seed,
    nrmse: own.score.nrmse,
    surrogate: chance.score.nrmse,
    hostAlone: host === null ? null : (await score("host alone", host)).score.nrmse,
    inputOnly: (await score("u(t)", delayTaps(u, 1))).score.nrmse,
    taps10: (await score("ten lags", delayTaps(u, 10))).score.nrmse,
    shuffled: (await score("shuffled", shuffledRows(states, seed))).score.nrmse,
    againstSurrogateP: compared.pValue,
    beatsSurrogate: compared.answer,
  };
}

function shuffledRows(x: Matrix, seed: number): Matrix {
  const random = splitmix64(seed + 17);
  const data = x.data.slice();
  for (let i = x.rows - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    const row = data.slice(i * x.cols, (i + 1) * x.cols);
    data.copyWithin(i * x.cols, j * x.cols, (j + 1) * x.cols);
    data.set(row, j * x.cols);
  }
  return { ...x, data };
}
