import type { HiddenSignal } from "./signal.ts";

/** How the hosts that come with the twin step their set-point, and the time over which the leaky kernel holds one value. */
export const DRIVE_STEP_S = 0.5;
/** Variance of a drive that is uniform in [-1, 1]. */
const DRIVE_VARIANCE = 1 / 3;

/** Core clocks between which a drive moves; they count as -1 and 1. */
export interface DriveRange {
  readonly minMhz: number;
  readonly maxMhz: number;
}

/** Where a drive moves on each board: clocks at which, as the twin's own hosts power them, chips make no errors to speak of. */
export const DRIVE_RANGE: Readonly<Record<"bitaxe" | "s9", DriveRange>> = {
  bitaxe: { minMhz: 400, maxMhz: 500 },
  s9: { minMhz: 500, maxMhz: 650 },
};

function driveOf(mhz: number, { minMhz, maxMhz }: DriveRange): number {
  return Math.max(-1, Math.min(1, (2 * (mhz - minMhz)) / (maxMhz - minMhz) - 1));
}

interface Pole {
  sinceNs: number;
  state: number;
  drive: number;
}

/**
 * A chip that warms and cools with its set-point, and whose output stage slows with heat: the score is the drive through a single pole
 * of `tauS`, present drive included.
 */
export function thermalMemory(strength: number, tauS: number, range: DriveRange): HiddenSignal {
  const poles = new Map<number, Pole>();
  const deviation = Math.sqrt(poleVariance(tauS));
  const at = (pole: Pole, tNs: number) => {
    const decay = Math.exp(-(tNs - pole.sinceNs) / 1e9 / tauS);
    return decay * pole.state + (1 - decay) * pole.drive;
  };
  return {
    visibility: strength,
    setPoint(chip, tNs, mhz) {
      const pole = poles.get(chip);
      const drive = driveOf(mhz, range);
      if (pole === undefined) poles.set(chip, { sinceNs: tNs, state: 0, drive });
      else if (pole.drive !== drive) poles.set(chip, { sinceNs: tNs, state: at(pole, tNs), drive });
    },
    score({ chip, tNs }) {
      const pole = poles.get(chip);
      return pole === undefined ? 0 : at(pole, tNs) / deviation;
    },
  };
}

/** Variance over time of a pole behind independent uniform steps of DRIVE_STEP_S. */
function poleVariance(tauS: number): number {
  const decay = Math.exp(-DRIVE_STEP_S / tauS);
  const atStep = (DRIVE_VARIANCE * (1 - decay)) / (1 + decay);
  const meanDecay = (tauS / DRIVE_STEP_S) * (1 - decay);
  const meanSquare = (tauS / (2 * DRIVE_STEP_S)) * (1 - decay ** 2);
  return meanSquare * atStep + (1 - 2 * meanDecay + meanSquare) * DRIVE_VARIANCE;
}

interface Ladder {
  step: number;
  /** Sum over the steps before `step` of leak^(age - 1) times their drive. */
  kernel: number;
  drive: number;
}

/**
 * Memory and nothing else: the score is a leaky sum of the drive in the steps of DRIVE_STEP_S before the present one, each counting `leak`
 * times the one after it. The present drive has no part in it. A step's drive is the one at its end.
 */
export function leakyKernel(strength: number, leak: number, range: DriveRange): HiddenSignal {
  const ladders = new Map<number, Ladder>();
  const deviation = Math.sqrt(DRIVE_VARIANCE / (1 - leak ** 2));
  const stepOf = (tNs: number) => Math.floor(tNs / (DRIVE_STEP_S * 1e9));
  const climb = (ladder: Ladder, step: number) => {
    while (ladder.step < step) {
      ladder.kernel = leak * ladder.kernel + ladder.drive;
      ladder.step++;
    }
  };
  return {
    visibility: strength,
    setPoint(chip, tNs, mhz) {
      const ladder = ladders.get(chip) ?? { step: stepOf(tNs), kernel: 0, drive: 0 };
      ladders.set(chip, ladder);
      climb(ladder, stepOf(tNs));
      ladder.drive = driveOf(mhz, range);
    },
    score({ chip, tNs }) {
      const ladder = ladders.get(chip);
      if (ladder === undefined) return 0;
      climb(ladder, stepOf(tNs));
      return ladder.kernel / deviation;
    },
  };
}
