/** What the instrument sees of a recording's bytes. */
import { type DriveStep, LEAST_ANSWERS, type Observed } from "./observed.ts";
import { numbers, type TextTable, texts, textTable, timesS, unreadable } from "./table.ts";

/** Beyond this share, rows that cannot be read are no accident of the end of a file. */
const MOST_UNREADABLE = 0.1;
/**
 * The drive that the chips were told comes before what was asked for: an encoder that mixes steps makes a memory of what was asked for out of nothing
 * (specs/reservoir.md 5, "encoder leak").
 */
const DRIVE_COLUMNS = ["emitted", "mhz", "frequency_mhz", "u", "drive"] as const;

export interface Read {
  readonly observed: Observed;
  /** What was left out or is not there, in words; empty when all was as it should be. */
  readonly remarks: readonly string[];
}

/** A table of answers, and of the drive's steps where there is one. RecordingError BLIND_FORMAT. */
export function readRecording(nonces: Uint8Array, drive: Uint8Array | null): Read {
  const table = textTable(nonces);
  const tS = timesS(table);
  const residual = numbers(table, "residual_ns", "residual_us", "residual_ms", "residual_s", "residual");
  const columns = {
    chip: numbers(table, "chip", "asic"),
    core: numbers(table, "core"),
    difficultyLog2: numbers(table, "difficulty_log2") ?? numbers(table, "difficulty", "share_difficulty")?.map(Math.log2) ?? null,
    u: drive === null ? numbers(table, ...DRIVE_COLUMNS) : null,
  };
  const status = texts(table, "status");
  const same = repeats(table);
  const count = { unreadable: table.leftOut, without: 0, repeated: 0, wrong: 0 };
  const kept: number[] = [];
  for (let i = 0; i < tS.length; i++) {
    const whole = Number.isFinite(tS[i]) && Object.values(columns).every((column) => column === null || Number.isFinite(column[i]));
    if (!whole) count.unreadable++;
    else if (status !== null && status[i] !== "valid" && status[i] !== "duplicate") count.wrong++;
    else if (status?.[i] === "duplicate" || same[i]) count.repeated++;
    else if (residual !== null && !Number.isFinite(residual[i])) count.without++;
    else kept.push(i);
  }
  const rows = tS.length + table.leftOut;
  if (count.unreadable > MOST_UNREADABLE * rows) throw unreadable(`${count.unreadable} of its ${rows} rows cannot be read`);
  kept.sort((a, b) => (tS[a] as number) - (tS[b] as number));
  const steps = drive === null ? stepsOf(kept, tS, columns.u) : readDrive(drive);
  const pick = (column: Float64Array | null) => column && Float64Array.from(kept, (i) => column[i] as number);
  const times = Float64Array.from(kept, (i) => tS[i] as number);
  const observed = observedOf(times, {
    chip: Int32Array.from(pick(columns.chip) ?? new Float64Array(kept.length)),
    core: columns.core && Int32Array.from(pick(columns.core) as Float64Array),
    difficultyLog2: pick(columns.difficultyLog2),
    residual: pick(residual),
    drive: steps,
  });
  const said: readonly (readonly [number, string])[] = [
    [count.unreadable, "rows that cannot be read"],
    [count.wrong, "answers that are not valid"],
    [count.repeated, "answers that had come before"],
  ];
  return { observed, remarks: said.flatMap(([many, what]) => (many > 0 ? [`left out: ${many} ${what}`] : [])) };
}

/** Shares of a capture: when they came and how difficult they are. */
export function observedShares(tS: Float64Array, difficultyLog2: Float64Array): Observed {
  return observedOf(tS, { chip: new Int32Array(tS.length), core: null, difficultyLog2, residual: null, drive: [] });
}

/** RecordingError BLIND_FORMAT for too few, or for times that do not go on. */
function observedOf(
  tS: Float64Array,
  of: Omit<Observed, "tS" | "delay" | "delayIs"> & { readonly residual: Float64Array | null },
): Observed {
  const { residual, ...rest } = of;
  if (tS.length < LEAST_ANSWERS) throw unreadable(`${tS.length} answers that can be used, and ${LEAST_ANSWERS} are the least`);
  if (!((tS.at(-1) as number) > (tS[0] as number))) throw unreadable("all its answers came at the same time");
  const interval = tS.map((at, i) => at - (tS[Math.max(0, i - 1)] as number));
  return { ...rest, tS, delay: residual ?? interval, delayIs: residual === null ? "interval" : "residual" };
}

/** The same nonce with the same job and version; where a table has no nonces, rows that are the same cell by cell. */
function repeats(table: TextTable): boolean[] {
  const parts = ["nonce", "job", "job_id", "version_bits", "version", "extranonce2"].map((name) => texts(table, name));
  const seen = new Set<string>();
  return table.rows.map((row, i) => {
    const key = (parts[0] === null ? row : parts.map((part) => part?.[i])).join();
    if (seen.has(key)) return true;
    seen.add(key);
    return false;
  });
}

/** A drive that stands beside each answer: a step wherever it changes. */
function stepsOf(kept: readonly number[], tS: Float64Array, u: Float64Array | null): DriveStep[] {
  if (u === null) return [];
  return kept
    .filter((row, i) => i === 0 || u[row] !== u[kept[i - 1] as number])
    .map((row) => ({ tS: tS[row] as number, u: u[row] as number }));
}

function readDrive(bytes: Uint8Array): DriveStep[] {
  const table = textTable(bytes);
  const [tS, u] = [timesS(table), numbers(table, ...DRIVE_COLUMNS)];
  if (u === null) throw unreadable(`the drive beside it has none of the columns ${DRIVE_COLUMNS.join(", ")}`);
  const steps = Array.from(tS, (at, i) => ({ tS: at, u: u[i] as number })).filter((step) => Number.isFinite(step.tS + step.u));
  const [low, high] = steps.reduce(([least, most], step) => [Math.min(least, step.u), Math.max(most, step.u)], [Infinity, -Infinity]);
  if (!(high > low)) return [];
  return steps.map((step) => ({ tS: step.tS, u: (step.u - low) / (high - low) })).sort((a, b) => a.tS - b.tS);
}
