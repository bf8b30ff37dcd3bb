/** From a wire trace alone: when each job had left the line, and where the chips had come to the end of their work before the next one had. */
import { readFileSync } from "node:fs";

const BITS_PER_BYTE = 10;
const JOB = 0x21;
const NBITS_AT = 8;
/** Ids on the wire have 7 bits; the lowest ones of an answer's are the midstate's. specs/bm1387.md 1.5 */
const ID_MASK = 0x7f;
/** An answer, or its repetition, belongs to a job that was on the chips this long before it at the most, ms: as long as it counts. */
const LATEST_MS = 1000;

interface Frame {
  readonly tMs: number;
  readonly direction: string;
  readonly bytes: Buffer;
  readonly nonce: boolean;
}

interface LineJob {
  readonly id: number;
  /** When its last bit had left at the latest, ms. */
  readonly endMs: number;
  /** The next job came later than this one lasts. */
  ranOut: boolean;
}

export interface WireLine {
  readonly jobs: number;
  /** Gaps in which chips ran out of work. */
  readonly gaps: number;
  readonly nonces: number;
  /** Answers that had been given before. */
  readonly duplicates: number;
  /** Of those, the ones to the last job: nothing replaces it, and the chips go on with it until they are switched off. */
  readonly ofLastJob: number;
  /** Of the others, the ones to no job that ran out. */
  readonly unexplained: readonly string[];
}

export interface Line {
  readonly baud: number;
  readonly midstates: number;
  /** How long a job lasts the chips, n x 2^19 / f. specs/bm1387.md 3.6 */
  readonly workMs: number;
  /** Of the jobs that count: those that open and test the cores are meant to last too long. */
  readonly nbits: number;
}

/** From the first job that counts on. */
export function lineOf(traceFile: string, line: Line): WireLine {
  const all = framesOf(traceFile);
  const begin = all.findIndex(
    ({ bytes, direction }) => direction === "->" && bytes[0] === JOB && bytes.readUInt32LE(NBITS_AT) === line.nbits,
  );
  const frames = begin < 0 ? [] : all.slice(begin);
  const jobs = jobsOf(
    frames.filter(({ direction }) => direction === "->"),
    line,
  );
  const firstMs = new Map<string, number>();
  const unexplained: string[] = [];
  const nonces = frames.filter(({ nonce }) => nonce);
  let duplicates = 0;
  let ofLastJob = 0;
  const last = jobs.at(-1);
  for (const { tMs, bytes } of nonces) {
    const id = (bytes[5] ?? 0) & ID_MASK;
    const answer = `${bytes.toString("hex", 0, 4)} ${id}`;
    const beforeMs = firstMs.get(answer);
    firstMs.set(answer, tMs);
    if (beforeMs === undefined) continue;
    duplicates++;
    const wireId = id - (id % line.midstates);
    if (last && last.id === wireId && tMs > last.endMs + line.workMs) {
      ofLastJob++;
      continue;
    }
    const asked = jobs.some((job) => job.ranOut && job.id === wireId && job.endMs <= beforeMs && job.endMs > beforeMs - LATEST_MS);
    if (!asked) unexplained.push(`${answer} at ${tMs} ms, first at ${beforeMs} ms`);
  }
  return { jobs: jobs.length, gaps: jobs.filter(({ ranOut }) => ranOut).length, nonces: nonces.length, duplicates, ofLastJob, unexplained };
}

function framesOf(traceFile: string): Frame[] {
  const frames = readFileSync(traceFile, "utf8")
    .split("\n")
    .map((text) => text.match(/^\s*(\d+\.\d+) (->|<-) ([0-9a-f]+)(.*)$/))
    .filter((found) => found !== null)
    .map(([, t, direction = "", hex = "", says = ""]) => ({
      tMs: Number(t),
      direction,
      bytes: Buffer.from(hex, "hex"),
      nonce: direction === "<-" && says.includes("nonce"),
    }));
  // Jobs are told in batches, commands at once.
  return frames.sort((a, b) => a.tMs - b.tMs);
}

/** What was written leaves one byte after the other. */
function jobsOf(sent: readonly Frame[], { baud, workMs }: Line): LineJob[] {
  const jobs: LineJob[] = [];
  let freeMs = 0;
  for (const { tMs, bytes } of sent) {
    freeMs = Math.max(freeMs, tMs) + (bytes.length * BITS_PER_BYTE * 1000) / baud;
    if (bytes[0] !== JOB) continue;
    const before = jobs.at(-1);
    if (before && freeMs - before.endMs > workMs) before.ranOut = true;
    jobs.push({ id: bytes[2] ?? 0, endMs: freeMs, ranOut: false });
  }
  return jobs;
}
