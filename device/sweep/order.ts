/** In which order a sweep visits its set-points. DESIGN section 4 (device), CLAIMS.md N */
import { permutation, type Random, splitmix64 } from "../../common/random.ts";
import type { SetPoint } from "../../telemetry/messages.ts";
import type { SweepPlan } from "./plan-schema.ts";

type Planned = Pick<SweepPlan, "plan" | "points" | "coreVoltageMv" | "frequencyMhz" | "ticketDifficulty" | "order" | "repeats" | "seed">;

/**
 * All set-points of a plan (of an adaptive one: those of its first pass) in the order they are visited. A block is a frequency: within it the
 * voltages and difficulties of one ramp are compared under nearly the same drift. In random order voltage and time are unrelated within a
 * block, and repeats take frequency apart from time too. The same plan and seed, the same order.
 */
export function sweepOrder(plan: Planned, home: SetPoint): SetPoint[] {
  const blocks = blocksOf(plan, home);
  const random = splitmix64(plan.seed);
  return Array.from({ length: plan.repeats }, () => (plan.order === "to-and-fro" ? toAndFro(blocks) : randomBlocks(blocks, random))).flat(
    2,
  );
}

/** Frequencies lowest first; in each, difficulties lowest first, and of each the voltages highest first. */
function blocksOf(plan: Planned, home: SetPoint): SetPoint[][] {
  const points = plan.plan === "list" ? listed(plan, home) : grid(plan, home);
  const frequencies = [...new Set(points.map(({ frequencyMhz }) => frequencyMhz))].sort((a, b) => a - b);
  return frequencies.map((mhz) =>
    points
      .filter(({ frequencyMhz }) => frequencyMhz === mhz)
      .sort((a, b) => a.ticketDifficulty - b.ticketDifficulty || b.coreVoltageMv - a.coreVoltageMv),
  );
}

function grid({ coreVoltageMv, frequencyMhz, ticketDifficulty }: Planned, home: SetPoint): SetPoint[] {
  return frequencyMhz.flatMap((mhz) =>
    (ticketDifficulty ?? [home.ticketDifficulty]).flatMap((difficulty) =>
      coreVoltageMv.map((mv) => ({ coreVoltageMv: mv, frequencyMhz: mhz, ticketDifficulty: difficulty })),
    ),
  );
}

function listed({ points }: Planned, home: SetPoint): SetPoint[] {
  return points.map(({ coreVoltageMv, frequencyMhz, ticketDifficulty = home.ticketDifficulty }) => ({
    coreVoltageMv,
    frequencyMhz,
    ticketDifficulty,
  }));
}

/** Every other block backwards, so that ramps are short. */
function toAndFro(blocks: readonly SetPoint[][]): SetPoint[][] {
  return blocks.map((block, at) => (at % 2 === 0 ? block : block.toReversed()));
}

function randomBlocks(blocks: readonly SetPoint[][], random: Random): SetPoint[][] {
  return shuffled(blocks, random).map((block) => shuffled(block, random));
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  return Array.from(permutation(items.length, random), (at) => items[at] as T);
}
