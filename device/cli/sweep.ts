/** `asic-reservoir sweep`: a sweep's plan beforehand, and its map afterwards. */
import type { SweepPoint } from "../../telemetry/messages.ts";
import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import type { EdgeReport } from "../sweep/edge/run-edge.ts";
import { edgeText } from "../sweep/edge/sweep-edges.ts";
import { type SweepForecast, sweepForecast } from "../sweep/forecast.ts";
import { EXIT } from "./exit.ts";
import { onRig } from "./on-rig.ts";
import { table } from "./table.ts";

export interface SweepOptions {
  readonly config: string;
  readonly json?: boolean;
}

export function sweepPlanCommand(options: SweepOptions): number {
  const config = loadConfig(options.config);
  const forecast = sweepForecast(config);
  process.stdout.write(options.json ? `${JSON.stringify(forecast)}\n` : forecastText(config, forecast));
  return EXIT.good;
}

/** Prints what came out; the exit code answers whether anything was measured. */
export async function sweepRunCommand(options: SweepOptions): Promise<number> {
  const config = loadConfig(options.config);
  const { points, edges } = await onRig({ ...config, plan: ["sweep"] }, ({ sweep }) => sweep);
  process.stdout.write(options.json ? `${JSON.stringify({ origin: config.origin, points, edges })}\n` : sweepText(config, points, edges));
  return points.some(({ status }) => status === "done") ? EXIT.good : EXIT.no;
}

function forecastText({ rig, origin }: Config, { order, mostAdded, settings, seconds, sample, forCv }: SweepForecast): string {
  const minutes = (s: number) => (s < 120 ? `${s.toFixed(0)} s` : `${(s / 60).toFixed(1)} min`);
  const least = order.reduce((worst, { noncesPerSecond }) => Math.min(worst, noncesPerSecond), Number.POSITIVE_INFINITY);
  return [
    `Sweep of ${rig} (${origin}): ${settings.plan}, ${order.length} points${mostAdded > 0 ? ` and up to ${mostAdded} more` : ""}, ${settings.order}${settings.order === "random-blocks" ? `, seed ${settings.seed}` : ""}.`,
    `It takes ${minutes(seconds.least)} at least and ${minutes(seconds.most)} at most, ramps not counted.`,
    `The slowest point should give ${least.toPrecision(3)} nonces a second.`,
    ...(sample === null
      ? [`Each point is counted for ${settings.dwellMs} ms, whatever comes.`]
      : [
          `Each point is counted until its invalid share is told from ${sample.soundShare}: ${sample.nonces} nonces at most (alpha ${sample.alpha}, power ${sample.power}).`,
        ]),
    ...(forCv === null ? [] : [`A CV that is off by ${forCv.difference} takes ${forCv.intervals} intervals.`]),
    "",
    table(
      ["#", "mV", "MHz", "difficulty", "nonces/s"],
      order.map(({ setPoint, noncesPerSecond }, at) => [
        String(at + 1),
        String(setPoint.coreVoltageMv),
        String(setPoint.frequencyMhz),
        String(setPoint.ticketDifficulty),
        noncesPerSecond.toPrecision(3),
      ]),
    ),
    "",
  ].join("\n");
}

const percent = (share: number) => (100 * share).toPrecision(2);

function sweepText({ rig, origin }: Config, points: readonly SweepPoint[], edges: readonly EdgeReport[]): string {
  const rows = points.map((point) => [
    String(point.coreVoltageMv),
    String(point.frequencyMhz),
    String(point.ticketDifficulty),
    point.status === "done" ? (point.regime ?? "–") : point.status,
    point.invalidShare ? `${percent(point.invalidShare.low)} to ${percent(point.invalidShare.high)}` : "–",
    point.cv === null || !point.cvNull ? "–" : `${point.cv.toFixed(2)} (${point.cvNull.band.map((end) => end.toFixed(2)).join(" to ")})`,
    point.joulesPerTerahashInterval ? point.joulesPerTerahashInterval.map((end) => end.toPrecision(3)).join(" to ") : "–",
  ]);
  return [
    `Sweep of ${rig} (origin: ${origin})`,
    table(["mV", "MHz", "difficulty", "regime", "invalid %", "CV (its null)", "J/TH"], rows),
    ...points.flatMap((point) => (point.status === "done" ? [] : [`${point.coreVoltageMv} mV ${point.frequencyMhz} MHz: ${point.reason}`])),
    ...edges.flatMap((edge) => ["", edgeText(edge), chipTable(edge)]),
    "",
  ].join("\n");
}

function chipTable({ chips }: EdgeReport): string {
  return table(
    ["chip", "critical mV", "95 % interval", "set-point mV"],
    chips.map(({ chip, placed, criticalMv, lowMv, highMv, setPointMv }) => [
      String(chip),
      placed ? criticalMv.toFixed(1) : "not placed",
      `${lowMv.toFixed(1)} to ${highMv.toFixed(1)}`,
      placed ? setPointMv.toFixed(0) : "–",
    ]),
  );
}
