import { TwinError } from "../../common/errors.ts";
import type { TwinBoard } from "./fault.ts";
import { FAULTS, type FaultName, faultNames, faultOf } from "./names.ts";

/** One fault. It holds from `atMs` on the twin's clock (0: from the start, or at once) until `untilMs` (never). */
export interface FaultSpec {
  readonly name: FaultName;
  /** Means what the table says; without it the default holds. */
  readonly value?: number;
  /** Index of the chip that is hit, for faults of one chip that have another value; default 0. */
  readonly chip?: number;
  readonly atMs?: number;
  readonly untilMs?: number;
}

/** Throws TwinError FAULT_UNKNOWN or FAULT_OUT_OF_RANGE when a specification read from outside is none, or is out of its range. */
export function checkFault(spec: FaultSpec): FaultSpec {
  const numbers = [spec.value ?? 0, spec.chip ?? 0, spec.atMs ?? 0, spec.untilMs ?? 0];
  if (!Object.hasOwn(FAULTS, spec.name) || !numbers.every(Number.isFinite))
    throw new TwinError("FAULT_UNKNOWN", `The twin has no fault "${spec.name}" of that form.`, `Faults are: ${faultNames().join(", ")}.`, {
      spec,
    });
  const { value } = faultOf(spec.name);
  if (spec.value !== undefined && value.max > value.min && (spec.value < value.min || spec.value > value.max))
    throw new TwinError(
      "FAULT_OUT_OF_RANGE",
      `The value of ${spec.name} cannot be ${spec.value}.`,
      `Give a number from ${value.min} to ${value.max} ${value.unit}: ${value.means}.`,
      { spec },
    );
  return spec;
}

/**
 * The same, for a twin that is to carry it out. Also FAULT_OF_SIMULATION for faults of the host and the network, and
 * FAULT_NOT_ON_BOARD for those of another board.
 */
export function checkTwinFault(spec: FaultSpec, board: TwinBoard): FaultSpec {
  const { layer, boards } = faultOf(checkFault(spec).name);
  if (layer === "host" || layer === "network")
    throw new TwinError(
      "FAULT_OF_SIMULATION",
      `${spec.name} is a fault of the ${layer}, and a twin is a board.`,
      "Run it with `asic-reservoir simulate`, which holds the whole daemon.",
      { spec },
    );
  if (!boards.includes(board))
    throw new TwinError("FAULT_NOT_ON_BOARD", `${spec.name} does not exist on ${board}.`, `It is a fault of ${boards.join(", ")}.`, {
      spec,
    });
  return spec;
}
