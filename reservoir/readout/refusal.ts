import { ScienceError } from "../../common/errors.ts";
import type { RidgeAnswer, RidgeSolution } from "../native/addon.ts";

/** The largest error of the weights by float32 products that is accepted, relative to the weights, in units of each feature's spread. */
export const FLOAT32_ERROR_BOUND = 1e-4;

/** What to tell a person when a kernel gives no solution; `names` are the features' names. */
export function refusal(
  answer: Pick<RidgeAnswer, "failure" | "row" | "column"> & Partial<RidgeAnswer>,
  names: readonly string[] | undefined,
): ScienceError {
  const feature = names?.[answer.column] ?? `feature ${answer.column}`;
  const context = { row: answer.row, column: answer.column };
  switch (answer.failure) {
    case "non-finite-x":
      return new ScienceError(
        "NON_FINITE",
        `${feature} is not finite at row ${answer.row}.`,
        "Leave out invalid steps; never fill them in.",
        context,
      );
    case "non-finite-y":
      return new ScienceError("NON_FINITE", `The target is not finite at row ${answer.row}.`, "Check the task's generator.", context);
    case "constant-feature":
      return new ScienceError(
        "CONSTANT_FEATURE",
        `${feature} does not vary in the fitted rows.`,
        "Leave it out: checkFeatures names such columns.",
        context,
      );
    case "float32-unsafe":
      return new ScienceError(
        "FLOAT32_UNSAFE",
        `Sums of float32 products would change the weights for lambda ${answer.float32ErrorLambda} by ${answer.float32Error?.toPrecision(2)} of themselves.`,
        `At most ${FLOAT32_ERROR_BOUND} is accepted. Accumulate in float64, or use larger penalties.`,
        { lambda: answer.float32ErrorLambda, relativeError: answer.float32Error },
      );
    case "out-of-memory":
      return new ScienceError("OUT_OF_MEMORY", "The readout does not fit in memory.", "Use fewer features.", context);
    default:
      return new ScienceError(
        "NOT_POSITIVE_DEFINITE",
        `The normal equations are singular at ${feature}: it is a combination of other features.`,
        "Use a larger lambda, or leave the feature out.",
        context,
      );
  }
}

/** The one solution of an answer that was not asked for a whole path, or its refusal thrown. */
export function bestFit(answer: RidgeAnswer, names: readonly string[] | undefined): RidgeSolution {
  const fit = answer.fits[0];
  if (answer.failure !== "none" || fit === undefined) throw refusal(answer, names);
  return fit;
}

/** ScienceError OUT_OF_MEMORY for what a kernel could not make. */
export function made<T>(object: T | null): T {
  if (object === null) throw new ScienceError("OUT_OF_MEMORY", "The readout does not fit in memory.", "Use fewer features.");
  return object;
}
