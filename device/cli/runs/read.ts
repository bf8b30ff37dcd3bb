import type { StudyReport } from "../../../reservoir/verdict/gate/study.ts";
import type { NarmaReport, SweepPoint } from "../../../telemetry/messages.ts";
import type { StoredResult, StoredRun } from "../../../telemetry/store/store.ts";
import type { ChipClocks } from "../../chip-clocks.ts";
import { computesText } from "../computes-text.ts";
import { EXIT } from "../exit.ts";
import { narmaText } from "../narma-text.ts";
import { table } from "../table.ts";
import { lasted, lastedByAnchors } from "./lasted.ts";
import { existingRun, type StoreOptions, withStore } from "./with-store.ts";

export function runsListCommand(options: StoreOptions): Promise<number> {
  return withStore(options, async (store) => {
    const runs = await store.listRuns();
    if (options.json) process.stdout.write(`${JSON.stringify(runs)}\n`);
    else if (runs.length === 0) process.stdout.write("No runs yet.\n");
    else {
      const rows = runs.map((run) => [String(run.id), run.kind, run.origin, run.status, when(run.startedWallMs), lasted(run), run.note]);
      process.stdout.write(`${table(["id", "kind", "origin", "status", "started", "lasted", "note"], rows)}\n`);
    }
    return EXIT.good;
  });
}

export function runsShowCommand(id: number, options: StoreOptions): Promise<number> {
  return withStore(options, async (store) => {
    const run = await existingRun(store, id);
    const results = await store.results(id);
    if (options.json) {
      process.stdout.write(`${JSON.stringify({ ...run, results })}\n`);
      return EXIT.good;
    }
    const lines = [
      `Run ${run.id}: ${run.kind} (origin: ${run.origin}), ${run.status}`,
      `  started  ${when(run.startedWallMs)}, lasted ${lastedByAnchors(run, results)}`,
      `  note     ${run.note}`,
      `  record   ${run.nonces} nonces in ${run.chunks} chunks, ${run.jobs} jobs, ${run.setPoints} set-points, ${run.samples} samples`,
      `  software ${run.software ?? "–"}`,
      `  config   ${run.configSha256 === null ? "–" : `SHA-256 ${run.configSha256}`}`,
      ...storeText(run),
    ];
    process.stdout.write(`${[...lines, ...results.flatMap(resultText), sweepText(results)].filter((text) => text !== "").join("\n")}\n`);
    return EXIT.good;
  });
}

/** What the store did to the run: commits, imports, what it had to drop. */
function storeText({ commitIntervalMs, lastCommitWallMs, commits, imported, dropped }: StoredRun): string[] {
  return [
    ...(commitIntervalMs === null ? [] : [`  commits  within ${commitIntervalMs} ms, the last at ${when(lastCommitWallMs)}`]),
    ...(commits?.worstAgeMs == null
      ? []
      : [`           ${commits.count} of them, rows at most ${commits.worstAgeMs.toFixed(0)} ms old; ${commits.late} later than stated`]),
    ...(imported === null ? [] : [`  imported ${when(imported.wallMs)}, from run ${String(imported.from.run)} of another record`]),
    ...dropped.map(({ what, count, lastWallMs, reason }) => `  dropped  ${count} ${what} until ${when(lastWallMs)}: ${reason}`),
  ];
}

function resultText(result: StoredResult): string[] {
  if (result.kind === "narma10-report") return ["", narmaText(result.value as NarmaReport)];
  if (result.kind === "computes-report") return ["", computesText(result.value as StudyReport)];
  if (result.kind === "chip-clocks") return ["", clocksText(result.value as ChipClocks, result.origin)];
  return [];
}

/** What nonces say of each chip's clock: few chips one by one, a board by its spread. */
function clocksText({ chips }: ChipClocks, origin: string): string {
  const rows = chips.map(({ chip, nonces, ppm, ppmInterval, offsetNs, jitterNs }) => [
    String(chip),
    String(nonces),
    ppm === null ? "–" : ppm.toFixed(1),
    ppmInterval === null ? "–" : `${ppmInterval[0].toFixed(1)} to ${ppmInterval[1].toFixed(1)}`,
    (offsetNs / 1000).toFixed(1),
    (jitterNs / 1000).toFixed(1),
  ]);
  return `Clocks by the stopwatch, against this host's (origin: ${origin})\n${table(["chip", "nonces", "ppm", "95 %", "offset us", "jitter us"], rows)}`;
}

function sweepText(results: readonly StoredResult[]): string {
  const points = results.filter((result) => result.kind === "sweep-point").map((result) => result.value as SweepPoint);
  if (points.length === 0) return "";
  const cell = (value: number | null, digits: number) => (value === null ? "–" : value.toFixed(digits));
  const rows = points.map((p) => [
    p.coreVoltageMv.toFixed(0),
    p.frequencyMhz.toFixed(1),
    p.status,
    cell(p.hashRateGhs, 0),
    p.expectedGhs.toFixed(0),
    String(p.nonces.invalid),
    cell(p.powerW, 2),
    cell(p.chipTempC, 1),
    cell(p.joulesPerTerahash, 1),
    cell(p.cv, 2),
    p.cvBand ? `${p.cvBand[0].toFixed(2)}–${p.cvBand[1].toFixed(2)}` : "–",
  ]);
  return `\n${table(["mV", "MHz", "point", "GH/s", "expected", "invalid", "W", "°C", "J/TH", "CV", "Poisson 95 %"], rows)}`;
}

function when(wallMs: number): string {
  return new Date(wallMs).toISOString().replace("T", " ").slice(0, 19);
}
