import { existsSync } from "node:fs";
import { StoreError } from "../../common/errors.ts";
import { verifyHeaders } from "../../drivers/native/index.ts";
import type { NarmaReport, SweepPoint } from "../../telemetry/messages.ts";
import { openStore } from "../../telemetry/store/client.ts";
import type { Store, StoredResult } from "../../telemetry/store/store.ts";
import { loadConfig } from "../config/load.ts";
import { reverify } from "../reverify.ts";
import { EXIT } from "./exit.ts";
import { narmaText } from "./narma-text.ts";
import { ProgressLine } from "./progress.ts";
import { table } from "./table.ts";

export interface StoreOptions {
  store: string;
  config?: string;
  json?: boolean;
}

async function withStore(options: StoreOptions, work: (store: Store) => Promise<number>): Promise<number> {
  const path = options.config ? loadConfig(options.config).store.path : options.store;
  if (!existsSync(path)) {
    throw new StoreError(
      "DATABASE_MISSING",
      `There is no database ${path}.`,
      "Name one with --store FILE or --config FILE, or make one with `asic-reservoir demo`.",
      { path },
    );
  }
  const store = await openStore({ path, readonly: true });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

export function runsListCommand(options: StoreOptions): Promise<number> {
  return withStore(options, async (store) => {
    const runs = await store.listRuns();
    if (options.json) process.stdout.write(`${JSON.stringify(runs)}\n`);
    else if (runs.length === 0) process.stdout.write("No runs yet.\n");
    else {
      const rows = runs.map((run) => [
        String(run.id),
        run.kind,
        run.origin,
        run.status,
        when(run.startedWallMs),
        lasted(run.startedWallMs, run.endedWallMs),
        run.note,
      ]);
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
      `  started  ${when(run.startedWallMs)}, lasted ${lasted(run.startedWallMs, run.endedWallMs)}`,
      `  note     ${run.note}`,
      `  record   ${run.nonces} nonces in ${run.chunks} chunks, ${run.jobs} jobs, ${run.samples} samples`,
      `  software ${String(run.provenance.software ?? "–")}`,
    ];
    process.stdout.write(`${[...lines, ...results.flatMap(resultText), sweepText(results)].filter((text) => text !== "").join("\n")}\n`);
    return EXIT.good;
  });
}

export function runsVerifyCommand(id: number, options: StoreOptions): Promise<number> {
  return withStore(options, async (store) => {
    const run = await existingRun(store, id);
    const line = new ProgressLine();
    const found = await reverify(store, id, verifyHeaders, (rows) => line.show(`verifying run ${id}`, rows, run.nonces));
    line.clear();
    if (options.json) process.stdout.write(`${JSON.stringify({ ...found, origin: run.origin })}\n`);
    else {
      const counts = Object.entries(found.counts).map(([status, n]) => `${n} ${status}`);
      process.stdout.write(
        `Run ${id} (origin: ${run.origin}): ${found.nonces} nonces hashed again from the record alone: ${counts.join(", ")}.\n`,
      );
      process.stdout.write(
        found.contradicted === 0
          ? "Every stored status agrees with its hash.\n"
          : `${found.contradicted} stored statuses disagree with their hash:\n`,
      );
      for (const row of found.contradictions)
        process.stdout.write(`  row ${row.row}: stored ${row.status}, ${row.zeroBits ?? "?"} zero bits, ${row.expected ?? "?"} expected\n`);
    }
    return found.contradicted === 0 ? EXIT.good : EXIT.no;
  });
}

async function existingRun(store: Store, id: number) {
  const run = await store.run(id);
  if (!run)
    throw new StoreError("RUN_MISSING", `There is no run ${id} in ${store.path}.`, "`asic-reservoir runs list` names them.", { id });
  return run;
}

function resultText(result: StoredResult): string[] {
  if (result.kind === "narma10-report") return ["", narmaText(result.value as NarmaReport)];
  return [];
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

function lasted(startedWallMs: number, endedWallMs: number | null): string {
  return endedWallMs === null ? "–" : `${((endedWallMs - startedWallMs) / 1000).toFixed(1)} s`;
}
