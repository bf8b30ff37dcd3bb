/** A recording's text as columns of numbers, found by their names, whatever their order and unit. */
import { RecordingError } from "../../../common/errors.ts";

const UNITS_S: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, ms: 1e-3, s: 1 };
const TIMES = ["t", "time", "timestamp", "received", "at"];
/** A time of day in an unnamed unit is told by its size: since 1970, seconds have ten digits. */
const SINCE_1970: readonly (readonly [number, number])[] = [
  [1e17, 1e-9],
  [1e14, 1e-6],
  [1e11, 1e-3],
];

export interface TextTable {
  readonly names: readonly string[];
  /** Rows as wide as the heading; others are counted and left out. */
  readonly rows: readonly (readonly string[])[];
  readonly leftOut: number;
}

/** RecordingError BLIND_FORMAT for bytes that are no table. */
export function textTable(bytes: Uint8Array): TextTable {
  const lines = textOf(bytes).split(/\r?\n/);
  while (lines.length > 0 && lines.at(-1)?.trim() === "") lines.pop();
  const heading = lines[0];
  if (heading === undefined) throw unreadable("it is empty");
  const comma = [",", ";", "\t"].find((one) => heading.includes(one)) ?? ",";
  const cells = (line: string) => line.split(comma).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
  const names = cells(heading).map((name) => name.toLowerCase());
  const twice = names.find((name, at) => name !== "" && names.indexOf(name) < at);
  if (twice !== undefined) throw unreadable(`two of its columns are called ${twice}`);
  const all = lines.slice(1).map(cells);
  const rows = all.filter((row) => row.length === names.length);
  return { names, rows, leftOut: all.length - rows.length };
}

function textOf(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch {
    // Said below.
  }
  throw unreadable("it is no text in UTF-8");
}

export function unreadable(why: string): RecordingError {
  return new RecordingError(
    "BLIND_FORMAT",
    `It cannot be read: ${why}.`,
    "A recording is a table with a heading, a column of times and one row for each answer: docs/settle.md.",
  );
}

/** Seconds; NaN for a cell that is no time. RecordingError BLIND_FORMAT without such a column. */
export function timesS({ names, rows }: TextTable): Float64Array {
  for (const [at, name] of names.entries()) {
    const [, base = name, unit] = /^(.+)_(ns|us|ms|s)$/.exec(name) ?? [];
    if (!TIMES.includes(base)) continue;
    const known = unit === undefined ? null : (UNITS_S[unit] as number);
    return Float64Array.from(rows, (row) => {
      const cell = row[at] as string;
      const value = number(cell);
      if (Number.isNaN(value)) return cell.includes("-") ? Date.parse(cell) / 1000 : Number.NaN;
      return value * (known ?? SINCE_1970.find(([from]) => value >= from)?.[1] ?? 1);
    });
  }
  throw unreadable(`it has no column of times, such as t_ns or timestamp (its columns: ${names.slice(0, 20).join(", ").slice(0, 200)})`);
}

/** The first of the columns that is there, in numbers; NaN for a cell that is none. null when none is there. */
export function numbers({ names, rows }: TextTable, ...wanted: readonly string[]): Float64Array | null {
  const at = places(names, wanted);
  return at === null ? null : Float64Array.from(rows, (row) => number(row[at] as string));
}

export function texts({ names, rows }: TextTable, ...wanted: readonly string[]): readonly string[] | null {
  const at = places(names, wanted);
  return at === null ? null : rows.map((row) => row[at] as string);
}

function places(names: readonly string[], wanted: readonly string[]): number | null {
  const found = wanted.find((name) => names.includes(name));
  return found === undefined ? null : names.indexOf(found);
}

const number = (cell: string) => (cell === "" ? Number.NaN : Number(cell));
