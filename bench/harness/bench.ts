/** What a benchmark is, and how its figures are judged. */

/** One measured thing beside what it is measured against. */
export interface BenchCase {
  readonly case: string;
  readonly ours: number;
  /** The peer's figure of the same run, or what the hardware requires. */
  readonly peer: number;
  readonly unit: string;
  /** How many times better than the peer: above 1 is better, whether more or less of the unit is. */
  readonly ratio: number;
  /** What else was seen, for the table and the record. */
  readonly notes?: Readonly<Record<string, number | string>>;
}

export interface Bench {
  /** One line for the list: what is compared with what. */
  readonly about: string;
  run(): Promise<readonly BenchCase[]>;
}

export interface BenchReport {
  readonly bench: string;
  readonly ours: number;
  readonly peer: number;
  readonly ratio: number;
  readonly unit: string;
  readonly cases: readonly BenchCase[];
}

const round = (value: number): number => Number(value.toPrecision(4));

/** A case where more is better. */
export function moreIsBetter(name: string, unit: string, ours: number, peer: number, notes: BenchCase["notes"] = {}): BenchCase {
  return { case: name, ours: round(ours), peer: round(peer), unit, ratio: round(ours / peer), notes };
}

/** A case where less is better. */
export function lessIsBetter(name: string, unit: string, ours: number, peer: number, notes: BenchCase["notes"] = {}): BenchCase {
  return { case: name, ours: round(ours), peer: round(peer), unit, ratio: round(peer / ours), notes };
}

/** Cases from worst to best; the worst one stands for the benchmark. */
export function reportOf(bench: string, measured: readonly BenchCase[]): BenchReport {
  const cases = measured.toSorted((a, b) => a.ratio - b.ratio);
  const [worst] = cases;
  if (worst === undefined) throw new Error(`benchmark ${bench} measured nothing`);
  const { ours, peer, ratio, unit } = worst;
  return { bench, ours, peer, ratio, unit, cases };
}

/** The middle one; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Lines of a table, columns aligned. */
export function tableOf({ cases }: BenchReport): string {
  const rows = cases.map(({ case: name, ours, peer, unit, ratio, notes }) => [
    name,
    `${ours}`,
    `${peer}`,
    unit,
    `${ratio}x`,
    Object.entries(notes ?? {})
      .map(([key, value]) => `${key} ${value}`)
      .join(", "),
  ]);
  const all = [["case", "ours", "peer", "unit", "ratio", ""], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  const isNumber = (column: number) => [1, 2, 4].includes(column);
  return all
    .map((row) =>
      row
        .map((cell, at) => (isNumber(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
