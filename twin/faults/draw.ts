import { permutation, type Random, splitmix64 } from "../../common/random.ts";
import { FAULT_LAYERS, type FaultLayer, type TwinBoard } from "./fault.ts";
import { type FaultName, faultOf, faultsOf } from "./names.ts";
import type { FaultSpec } from "./spec.ts";

/** Chips of the board in its usual form: a fault drawn for a chip that is not there would be none. */
const USUAL_CHIPS: Readonly<Record<TwinBoard, number>> = { "bitaxe-ultra": 1, s9: 63 };

/**
 * `count` faults of these layers, drawn by the seed: each from a time in the first nine tenths of `durationMs` until a later one,
 * sorted by their start. No name twice until all have been used. The same arguments give the same schedule.
 */
export function drawFaults(
  seed: number,
  board: TwinBoard,
  durationMs: number,
  count: number,
  layers: readonly FaultLayer[] = FAULT_LAYERS,
  chips: number = USUAL_CHIPS[board],
): FaultSpec[] {
  const random = splitmix64(seed);
  const names = faultsOf(board, layers).filter((name) => chips > 1 || faultOf(name).value.default === 0 || !isOfOtherChips(name));
  const drawn: FaultSpec[] = [];
  for (let order: FaultName[] = []; drawn.length < count && names.length > 0; ) {
    if (order.length === 0) order = [...permutation(names.length, random)].map((i) => names[i] as FaultName);
    drawn.push(drawOne(order.shift() as FaultName, random, durationMs, chips));
  }
  return drawn.sort((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0));
}

/** Makes sense only with a second chip. */
function isOfOtherChips(name: FaultName): boolean {
  return faultOf(name).value.unit === "chip" || name === "chips-missing";
}

function drawOne(name: FaultName, random: Random, durationMs: number, chips: number): FaultSpec {
  const fault = faultOf(name);
  const value = drawValue(name, random, chips);
  const atMs = Math.floor(random.next() * 0.9 * durationMs);
  const untilMs = Math.ceil(atMs + (0.01 + 0.99 * random.next()) * (durationMs - atMs));
  const chip = fault.ofChip === true ? { chip: Math.floor(random.next() * chips) } : {};
  return { name, value, atMs, untilMs, ...chip };
}

/** Around the default on a logarithmic scale, a factor of 4 each way, cut to the range; chips and codes evenly over theirs. */
function drawValue(name: FaultName, random: Random, chips: number): number {
  const { value } = faultOf(name);
  const draw = random.next();
  if (value.min === value.max) return value.default;
  if (value.unit === "chip") return Math.floor(draw * chips);
  if (value.unit === "chips") return 1 + Math.floor(draw * Math.max(1, chips - 1));
  if (EVENLY.has(value.unit)) return value.min + Math.floor(draw * (value.max - value.min + 1));
  const around = Math.max(value.min, Math.min(value.max, value.default * 4 ** (2 * draw - 1)));
  return WHOLE.has(value.unit) ? Math.round(around) : around;
}

const EVENLY: ReadonlySet<string> = new Set(["address", "id", "code", "version", "direction"]);
const WHOLE: ReadonlySet<string> = new Set(["ms", "cores", "codes", "bytes/s"]);
