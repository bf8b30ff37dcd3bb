/** Faults that wait for a moment of the daemon's life instead of a time: where a run spends a second, a time that is drawn evenly hardly ever falls. */
import { type Random, splitmix64 } from "../../common/random.ts";
import type { DeviceState } from "../../telemetry/messages.ts";
import { drawFaults, type FaultLayer, type FaultName, type TwinBoard } from "../../twin/index.ts";

/** A state that is entered, a sweep that begins, a set-point that was read back: after that one it is waited until the board has settled. */
export const MOMENTS = [
  "cold",
  "identified",
  "armed",
  "energised",
  "running",
  "sweep",
  "set-point",
  "cooling",
  "fault",
] as const satisfies readonly (DeviceState | "sweep" | "set-point")[];
export type Moment = (typeof MOMENTS)[number];

export interface Strike {
  readonly name: FaultName;
  readonly value: number;
  readonly chip?: number;
  readonly moment: Moment;
  /** It waits for so many of these moments; 1: the first. A daemon that is started again comes to `armed` again. */
  readonly nth: number;
  readonly afterMs: number;
  readonly forMs: number;
}

export interface StrikesOptions {
  readonly seed: number;
  readonly board: TwinBoard;
  readonly chips: number;
  /** Absent: all. */
  readonly layers?: readonly FaultLayer[];
}

const MOST_FAULTS = 4;
/** Shares of the faults that come with another one upon them, and that come again and again. */
const PAIR_SHARE = 0.35;
const FLAP_SHARE = 0.25;
const MOST_FLAPS = 5;
/** From amid what the state begins with to long after it; both evenly by logarithm. */
const AFTER_MS = [1, 5_000] as const;
const FOR_MS = [20, 60_000] as const;
/** Later ones than the third are hardly reached in a run of a minute. */
const MOST_NTH = 3;
/** What a value is drawn for does not depend on how long the run is. */
const ANY_MS = 60_000;

/** The same seed and board, the same strikes: one or more, some of them in pairs, some repeated. */
export function drawStrikes({ seed, board, chips, layers }: StrikesOptions): Strike[] {
  const random = splitmix64(BigInt(seed) * 4n + 3n);
  const count = 1 + Math.floor(random.next() * MOST_FAULTS);
  const faults = drawFaults(seed, board, ANY_MS, 2 * count, layers, chips);
  return faults.slice(0, count).flatMap((fault, at) => {
    const first = strikeOf(fault, random);
    const more = random.next();
    const partner = faults[count + at];
    if (more < PAIR_SHARE && partner !== undefined) return [first, upon(first, strikeOf(partner, random), random)];
    return more < PAIR_SHARE + FLAP_SHARE ? flapping(first, random) : [first];
  });
}

type Drawn = Pick<ReturnType<typeof drawFaults>[number], "name" | "value" | "chip">;

function strikeOf({ name, value = 0, chip }: Drawn, random: Random): Strike {
  const moment = MOMENTS[Math.floor(random.next() * MOMENTS.length)] as Moment;
  // Half of them the first time that it comes to this.
  const nth = Math.max(1, Math.ceil((2 * random.next() - 1) * MOST_NTH));
  const [afterMs, forMs] = [byLogarithm(AFTER_MS, random), byLogarithm(FOR_MS, random)];
  return { name, value, moment, nth, afterMs, forMs, ...(chip === undefined ? {} : { chip }) };
}

/** Begins while the other holds. */
function upon({ moment, nth, afterMs, forMs }: Strike, other: Strike, random: Random): Strike {
  return { ...other, moment, nth, afterMs: afterMs + Math.floor(random.next() * forMs) };
}

function flapping(first: Strike, random: Random): Strike[] {
  const times = 2 + Math.floor(random.next() * (MOST_FLAPS - 1));
  const all = [first];
  for (let { afterMs, forMs } = first; all.length < times; ) {
    afterMs += forMs + byLogarithm(AFTER_MS, random);
    forMs = byLogarithm(FOR_MS, random);
    all.push({ ...first, afterMs, forMs });
  }
  return all;
}

function byLogarithm([least, most]: readonly [number, number], random: Random): number {
  return Math.round(least * (most / least) ** random.next());
}
