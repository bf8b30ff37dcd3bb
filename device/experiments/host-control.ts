/** What the host's own part in a closed loop explains: the control that DESIGN section 1.4 asks for beside every mode that feeds answers back. */
import { type Matrix, matrix } from "../../reservoir/matrix.ts";
import type { Emitted } from "../../reservoir/substrate.ts";

/** Knobs that carry the host's feedback, whatever the mode. */
const FED_BACK = "fed back";

/**
 * The input and everything that was fed back, step by step, as the log has it: steps x (1 + knobs). null when nothing ever was. What a readout
 * makes of these needs no chip: the host knew it before it set anything.
 */
export function hostStates(
  u: Float64Array,
  emitted: readonly (readonly Emitted[])[],
): { readonly names: readonly string[]; readonly states: Matrix } | null {
  const knobs = [...new Set(emitted.flatMap((step) => step.map(({ knob }) => knob)).filter((knob) => knob.includes(FED_BACK)))];
  if (!emitted.some((step) => step.some(({ knob, value }) => knob.includes(FED_BACK) && value !== 0))) return null;
  const names = ["u", ...knobs];
  const states = matrix(emitted.length, names.length);
  emitted.forEach((step, t) => {
    const logged = new Map(step.map(({ knob, value }) => [knob, value]));
    states.data.set([u[t] as number, ...knobs.map((knob) => logged.get(knob) ?? Number.NaN)], t * names.length);
  });
  return { names, states };
}
