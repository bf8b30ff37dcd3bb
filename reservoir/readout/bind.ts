import { ScienceError } from "../../common/errors.ts";
import { type Matrix, matrix } from "../matrix.ts";
import type { BoundReadout } from "../native/addon.ts";
import { kernels } from "./kernels.ts";
import { made } from "./refusal.ts";
import type { MultiRidgeModel } from "./ridge.ts";

type Fitted = Pick<MultiRidgeModel, "weights" | "intercepts">;

/** Features of a fitted readout. ScienceError MATRIX_SHAPE when weights and intercepts do not belong together. */
function featuresOf({ weights, intercepts }: Fitted): number {
  const features = weights.length / intercepts.length;
  if (Number.isInteger(features) && features > 0) return features;
  throw new ScienceError(
    "MATRIX_SHAPE",
    `${weights.length} weights do not make rows for ${intercepts.length} targets.`,
    "A readout has one row of weights and one intercept per target.",
  );
}

/**
 * Gives a fitted readout fixed places, for a closed loop: write `input` (features), call `step()`, read `output` (targets). A step
 * allocates nothing and takes about as long as reading the weights. ScienceError MATRIX_SHAPE, OUT_OF_MEMORY.
 */
export function bindReadout(fitted: Fitted): BoundReadout {
  const features = featuresOf(fitted);
  const { weights, intercepts } = fitted;
  return made(kernels().bindReadout({ features, targets: intercepts.length, weights, intercepts }));
}

/** Predictions (rows x targets) for every row of x. ScienceError MATRIX_SHAPE. */
export function predictAll(fitted: Fitted, x: Matrix): Matrix {
  const features = featuresOf(fitted);
  if (x.cols !== features)
    throw new ScienceError(
      "MATRIX_SHAPE",
      `The readout has ${features} weights and the rows have ${x.cols} features.`,
      "Predict with the same features as were fitted.",
    );
  const { input, output, step } = bindReadout(fitted);
  const out = matrix(x.rows, output.length);
  for (let r = 0; r < x.rows; r++) {
    input.set(x.data.subarray(r * x.cols, (r + 1) * x.cols));
    step();
    out.data.set(output, r * output.length);
  }
  return out;
}
