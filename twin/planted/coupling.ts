import { normalAt } from "./scores.ts";
import type { HiddenSignal } from "./signal.ts";

/** For so long a chip's field holds one value. */
export const FIELD_STEP_S = 1;
/** Half of a delay's variance is its chip's field, coupled or not. */
const FIELD_VISIBILITY = Math.SQRT1_2;

/**
 * Neighbours that share a supply rail or an air stream: every chip has a slow field of its own that moves its delays, and the fields of neighbours
 * correlate by `correlation` (0 to 0.5), those of chips further apart not at all. Uncoupled fields are just as slow and just as strong.
 */
export function neighbourCoupling(correlation: number, secret: string): HiddenSignal {
  const shared = Math.sqrt(2 * correlation);
  const own = Math.sqrt(1 - 2 * correlation);
  const fields = new Map<number, { step: number; value: number }>();
  const fieldAt = (chip: number, step: number) => {
    const rails = (normalAt(secret, "rail", chip, step) + normalAt(secret, "rail", chip + 1, step)) * Math.SQRT1_2;
    return shared * rails + own * normalAt(secret, "own", chip, step);
  };
  return {
    visibility: FIELD_VISIBILITY,
    score({ chip, tNs }) {
      const step = Math.floor(tNs / (FIELD_STEP_S * 1e9));
      const known = fields.get(chip);
      if (known?.step === step) return known.value;
      const value = fieldAt(chip, step);
      fields.set(chip, { step, value });
      return value;
    },
  };
}
