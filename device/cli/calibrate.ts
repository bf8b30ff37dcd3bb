/** `calibrate`: the decision procedure's false-positive rate and power on planted substrates; may be stopped and taken up again. */
import { createReadStream } from "node:fs";
import { appendFile, mkdir } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { ConfigError } from "../../common/errors.ts";
import { PLANTED_CASES, type PlantedCase } from "../../reservoir/software/planted.ts";
import { type CalibrationRow, type CalibrationRun, calibrationRow, calibrationRun } from "../../reservoir/verdict/gate/calibration.ts";
import { EXIT } from "./exit.ts";
import { ProgressLine } from "./progress.ts";
import { table } from "./table.ts";

export interface CalibrateOptions {
  /** Runs of each null; the others get a third of them, as in the specification's table. */
  readonly runs: number;
  /** Lines of JSON, one per run: read first, added to. */
  readonly file: string;
  /** Part of a case's name; all when left out. */
  readonly only?: string;
  readonly json?: boolean;
}

/** Exit code 0 when no null passes more often than 1 % and every positive at least as often as wanted, as far as the runs can tell. */
export async function calibrateCommand({ runs, file, only, json }: CalibrateOptions): Promise<number> {
  const cases = PLANTED_CASES.map((planted, index) => ({ planted, index })).filter(({ planted }) => !only || planted.name.includes(only));
  if (cases.length === 0)
    throw new ConfigError(
      "NO_SUCH_CASE",
      `No case has "${only}" in its name.`,
      `Cases: ${PLANTED_CASES.map(({ name }) => name).join("; ")}.`,
    );
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort());
  await mkdir(path.dirname(file), { recursive: true });
  const done = await recorded(file);
  // A line that was cut off must not swallow the next one.
  await appendFile(file, "\n");
  const total = cases.reduce((sum, { planted }) => sum + wanted(planted, runs), 0);
  const progress = new ProgressLine();
  const rows: CalibrationRow[] = [];
  let at = 0;
  for (const { planted, index } of cases) {
    const own: CalibrationRun[] = [];
    for (let run = 0; run < wanted(planted, runs) && !interrupted.signal.aborted; run++) {
      const known = done.get(`${planted.name} ${run}`);
      const found = known ?? (await calibrationRun(planted, index, run));
      if (!known) await appendFile(file, `${JSON.stringify(found)}\n`);
      own.push(found);
      progress.show(`calibrating: ${planted.name}`, ++at, total);
    }
    rows.push(calibrationRow(planted, own));
  }
  progress.clear();
  if (interrupted.signal.aborted) progress.say(`Stopped after ${at} of ${total} runs; the same command goes on from there.`);
  process.stdout.write(json ? `${JSON.stringify({ origin: "software", runs, rows })}\n` : `${tableOf(rows)}\n`);
  return rows.every(asWanted) ? EXIT.good : EXIT.no;
}

function wanted({ is }: PlantedCase, runs: number): number {
  return is === "null" ? runs : Math.ceil(runs / 3);
}

/** Misses only where the interval says so: a null whose lower bound is above 1 %, a positive whose upper bound is below what is wanted. */
function asWanted({ is, interval, wanted: power }: CalibrationRow): boolean {
  if (is === "null" || is === "invalid") return interval[0] <= 0.01;
  return power === null || interval[1] >= power;
}

/** Runs that are already in the file. A broken last line, of a run that was cut off, does not count. */
async function recorded(file: string): Promise<Map<string, CalibrationRun>> {
  const found = new Map<string, CalibrationRun>();
  try {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      const run = parsed(line);
      if (run) found.set(`${run.case} ${run.run}`, run);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  return found;
}

function parsed(line: string): CalibrationRun | null {
  try {
    return JSON.parse(line) as CalibrationRun;
  } catch {
    return null;
  }
}

const percent = (share: number) => (Number.isNaN(share) ? "–" : `${(100 * share).toFixed(1)} %`);

function tableOf(rows: readonly CalibrationRow[]): string {
  return table(
    ["substrate", "is", "runs", "passes", "95 % interval", "wanted", "memory", "useful", "anti-causal", "shifts disagree"],
    rows.map((row) => [
      row.name,
      row.is,
      String(row.runs),
      percent(row.passes),
      `${percent(row.interval[0])} to ${percent(row.interval[1])}`,
      row.is === "null" ? "at most 1 %" : row.wanted === null ? "–" : `at least ${percent(row.wanted)}`,
      percent(row.memory),
      percent(row.useful),
      percent(row.anticausal),
      percent(row.shiftsDisagree),
    ]),
  );
}
