/** Row 24 on a twin: do errors come in avalanches? Bursts against the law of independent errors, and what the published criterion says of those. */
import { STATUS } from "../../../common/nonce-batch.ts";
import { splitmix64 } from "../../../common/random.ts";
import { normalSf } from "../../../reservoir/statistics/special.ts";
import type { Rehearsal } from "../claim.ts";
import { type Arm, countOf, type RehearsalContext, recordArms } from "./arms.ts";
import { BitaxeBench } from "./bitaxe-bench.ts";

/** Errors nearer to each other than this belong to one burst, in mean distances. */
const JOINED_BELOW = 1;

export async function avalanches(context: RehearsalContext): Promise<Readonly<Record<string, Rehearsal>>> {
  const bench = new BitaxeBench({ seed: context.seed + 24, mhz: 450, volts: 1.2, ticketLog2: 0, workScale: 24 });
  const plan = { label: "1.08 V", set: () => bench.setVoltage(1.08), settleS: 300, shares: 340_000, mostS: 4500 };
  const { arms, evidence } = await recordArms(context, "LV06 at 450 MHz, undervolted until nonces are wrong", bench, [plan]);
  const arm = arms[0] as Arm;
  const errors = errorTimes(arm);
  const share = errors.length / arm.nonces.length;
  const sizes = burstSizes(errors);
  const own = laws(sizes);
  const random = splitmix64(context.seed + 241);
  const chance = laws(burstSizes(poissonTimes(errors.length, random)));
  return {
    avalanches: {
      origin: "twin",
      design:
        "LV06 at 450 MHz and 1.08 V, where the model's error law makes some nonces wrong; errors nearer than their mean distance are one burst",
      measured: [
        { name: "share of nonces that are wrong", value: share },
        { name: "bursts", value: sizes.length },
        { name: "likelihood ratio of a geometric law against a power law, z", value: own.z },
        { name: "its one-sided p for a power law", value: own.pPower },
        { name: "R2 of a straight line through log-log counts (the published criterion: above 0.85)", value: own.r2 },
      ],
      controls: [
        { name: "independent errors: likelihood ratio, z", value: chance.z },
        { name: "independent errors: R2 of the same line", value: chance.r2 },
      ],
      sampleSize: `${errors.length} errors among ${arm.nonces.length} nonces in ${(arm.seconds / 60).toFixed(0)} min; the claim's test asks for 10 000 bursts`,
      shows: `The twin's errors are independent by its law, and the analysis ${own.z > 1.64 ? "says so: the geometric law of independent errors is the better one" : "cannot tell"}. Independent errors reach an R2 of ${chance.r2.toFixed(2)} in a log-log plot${chance.r2 > 0.85 ? ": they pass the published criterion" : ""}.`,
      evidence,
      plots: [
        {
          title: "Sizes of bursts of errors of the twin",
          x: "errors in a burst",
          y: "log10 of bursts",
          series: [{ name: "twin", style: "points", points: own.points }],
        },
      ],
    },
  };
}

function errorTimes({ nonces }: Arm): number[] {
  if (countOf(nonces, STATUS.invalid) === 0) return [];
  const times: number[] = [];
  for (let i = 0; i < nonces.length; i++) if (nonces.status[i] === STATUS.invalid) times.push(Number(nonces.tNs[i]) / 1e9);
  return times;
}

function poissonTimes(count: number, random: { next(): number }): number[] {
  let at = 0;
  return Array.from({ length: count }, () => {
    at -= Math.log1p(-random.next());
    return at;
  });
}

function burstSizes(times: readonly number[]): number[] {
  const mean = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / Math.max(1, times.length - 1);
  const sizes: number[] = [];
  for (let i = 0, size = 1; i < times.length; i++, size++) {
    const next = times[i + 1];
    if (next !== undefined && next - (times[i] as number) < JOINED_BELOW * mean) continue;
    sizes.push(size);
    size = 0;
  }
  return sizes;
}

/** Geometric and zeta law by maximum likelihood, and Vuong's comparison (Clauset, Shalizi, Newman 2009, section 5.2). z above 0 favours the geometric. */
function laws(sizes: readonly number[]): { z: number; pPower: number; r2: number; points: [number, number][] } {
  const n = sizes.length;
  const mean = sizes.reduce((sum, size) => sum + size, 0) / n;
  const stop = 1 / mean;
  const logs = sizes.reduce((sum, size) => sum + Math.log(size), 0) / n;
  let exponent = 1.01;
  let most = Number.NEGATIVE_INFINITY;
  for (let a = 1.01; a < 6; a += 0.01) {
    const likelihood = -a * logs - Math.log(zeta(a));
    if (likelihood > most) [exponent, most] = [a, likelihood];
  }
  const ratios = sizes.map(
    (size) => (size - 1) * Math.log(1 - stop) + Math.log(stop) - (-exponent * Math.log(size) - Math.log(zeta(exponent))),
  );
  const centre = ratios.reduce((sum, value) => sum + value, 0) / n;
  const deviation = Math.sqrt(ratios.reduce((sum, value) => sum + (value - centre) ** 2, 0) / n);
  const z = (centre * Math.sqrt(n)) / deviation;
  const counts = Array.from({ length: Math.max(...sizes) }, (_, i) => sizes.filter((size) => size === i + 1).length);
  const seen = counts.flatMap((count, i): [number, number][] => (count > 0 ? [[i + 1, count]] : []));
  const r2 = lineR2(seen.map(([size, count]) => [Math.log(size), Math.log(count)]));
  return { z, pPower: 1 - normalSf(z), r2, points: seen.map(([size, count]) => [size, Math.log10(count)]) };
}

/** Sum to 1000 and the integral of the rest. */
function zeta(a: number): number {
  let sum = 0;
  for (let k = 1; k <= 1000; k++) sum += k ** -a;
  return sum + 1000.5 ** (1 - a) / (a - 1);
}

function lineR2(points: readonly (readonly [number, number])[]): number {
  const n = points.length;
  const [mx, my] = [points.reduce((sum, [x]) => sum + x, 0) / n, points.reduce((sum, [, y]) => sum + y, 0) / n];
  const [sxy, sxx, syy] = points.reduce(
    ([xy, xx, yy], [x, y]) => [xy + (x - mx) * (y - my), xx + (x - mx) ** 2, yy + (y - my) ** 2],
    [0, 0, 0],
  ) as [number, number, number];
  return sxy ** 2 / (sxx * syy);
}
