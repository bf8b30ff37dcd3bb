/** Twins in virtual time on one core: seconds a twin lives through in a second, chips, board, bridge and wire included. */
import { createHash } from "node:crypto";
import { headerJob } from "../twin/s9-header-jobs.ts";
import { S9VirtualHost, jobFrame as s9JobFrame, write as s9Write } from "../twin/s9-virtual-host.ts";
import { jobFrame, VirtualHost, write } from "../twin/virtual-host.ts";
import { type Bench, type BenchCase, median, moreIsBetter } from "./harness/bench.ts";

const REPEATS = 7;
/** What issue 4 asks for. */
const REQUIRED = { bm1366: 100, s9: 1 };
const BM1366_MHZ = 485;
const S9_MHZ = 650;
/** Job cadence of ESP-Miner with one chip. specs/bm1366.md 4.4 */
const JOB_MS = 2000;
/** Of one midstate, for 12 s. */
const S9_WORKS = 2 ** 14;

interface Case {
  readonly name: string;
  readonly required: number;
  readonly workScale: number;
  readonly ticketLog2: number;
  /** Virtual seconds of a measurement: some tenths of a second on an ordinary machine. */
  readonly seconds: number;
  /** Lets so much time pass; returns how many nonces came. */
  live(seconds: number): number;
}

function bm1366(ticketLog2: number): Case {
  const host = new VirtualHost();
  host.bringUp(BM1366_MHZ);
  host.send(write(0x14, [0, 0xff][ticketLog2 / 8] as number));
  const bytes = (text: string): Uint8Array => new Uint8Array(createHash("sha256").update(text).digest());
  const jobs = Array.from({ length: 64 }, (_, i) =>
    jobFrame({
      id: (8 * i) & 0x78,
      version: 0x2000_0000,
      prevHash: bytes(`${i} previous`),
      merkleRoot: bytes(`${i} merkle`),
      ntime: 0x64af_16e0 + i,
      nbits: 0x1924_95f8,
    }),
  );
  let sent = 0;
  return {
    name: `BM1366, ${BM1366_MHZ} MHz, D ${2 ** ticketLog2}`,
    required: REQUIRED.bm1366,
    workScale: host.options.workScale,
    ticketLog2,
    seconds: 80,
    live(seconds) {
      let nonces = 0;
      for (let lived = 0; lived < seconds * 1e3; lived += JOB_MS) {
        host.send(jobs[sent++ % jobs.length] as Uint8Array);
        nonces += host.run(JOB_MS).length;
      }
      return nonces;
    },
  };
}

function s9(midstates: 1 | 4, ticketLog2: number): Case {
  const host = new S9VirtualHost();
  host.bringUp(S9_MHZ);
  host.send(s9Write(0x18, { 0: 0, 6: 0xfc, 8: 0xff }[ticketLog2] as number));
  // specs/bm1387.md 3.6
  const periodMs = (0.9 * midstates * 2 ** 19) / S9_MHZ / 1e3;
  // As many as a measurement needs; another ntime makes another work.
  const like = headerJob(0, midstates);
  const jobs = Array.from({ length: S9_WORKS / midstates }, (_, i) => {
    const tail = like.tail.slice();
    new DataView(tail.buffer).setUint32(4, 0x5d17_465b + i, true);
    return s9JobFrame({ id: (i * midstates) & 0x7f, tail, midstates: like.midstates });
  });
  let sent = 0;
  return {
    name: `S9, 63 chips, ${S9_MHZ} MHz, ${midstates} midstate${midstates > 1 ? "s" : ""}, D ${2 ** ticketLog2}`,
    required: REQUIRED.s9,
    workScale: host.options.workScale,
    ticketLog2,
    seconds: 8,
    live(seconds) {
      let nonces = 0;
      for (let lived = 0; lived < seconds * 1e3; lived += periodMs) {
        host.send(jobs[sent++ % jobs.length] as Uint8Array);
        nonces += host.run(periodMs).length;
      }
      return nonces;
    },
  };
}

/** By the processor time that the process used: what one core does when it has nothing else to do. `wall` by the clock on the wall. */
function timesRealTime({ live, seconds }: Case): { ratio: number; wall: number; nonces: number } {
  const began = performance.now();
  const before = process.cpuUsage();
  const nonces = live(seconds);
  const { user, system } = process.cpuUsage(before);
  return { ratio: (seconds * 1e6) / (user + system), wall: (seconds * 1e3) / (performance.now() - began), nonces };
}

export const bench: Bench = {
  about: "times real time that a twin runs at in memory, at the default workScale, against 100x for one BM1366 and 1x for a full S9",
  async run(): Promise<readonly BenchCase[]> {
    const cases = [bm1366(8), bm1366(0), s9(4, 0), s9(4, 6), s9(4, 8), s9(1, 0), s9(1, 6), s9(1, 8)];
    const ratios = cases.map(() => [] as number[]);
    const walls = cases.map(() => [] as number[]);
    const nonces = cases.map(() => 0);
    for (const each of cases) each.live(each.seconds / 8);
    // One after the other, round by round: what slows the machine down slows all.
    for (let round = 0; round < REPEATS; round++) {
      for (const [i, each] of cases.entries()) {
        const measured = timesRealTime(each);
        ratios[i]?.push(measured.ratio);
        walls[i]?.push(measured.wall);
        nonces[i] = (nonces[i] as number) + measured.nonces;
      }
    }
    return cases.map(({ name, required, workScale, ticketLog2, seconds }, i) =>
      moreIsBetter(name, "x real time", median(ratios[i] as number[]), required, {
        origin: "twin",
        wall: `${Number(median(walls[i] as number[]).toPrecision(3))}x`,
        workScale,
        "zero bits": 32 + ticketLog2 - workScale,
        "nonces/s": Number(((nonces[i] as number) / REPEATS / seconds).toPrecision(3)),
      }),
    );
  },
};
