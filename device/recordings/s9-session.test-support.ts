/** A short session with an S9 hash board's twin in virtual time, as a recorder would have noted it. */
import type { WireEvent, WireHeader } from "../../common/wire-recording.ts";
import { coreCheckFields } from "../../drivers/bm1387/core-check.ts";
import { encodeJob, jobBytes, openCoreWork, workOf } from "../../drivers/bm1387/job.ts";
import { pllWordFor } from "../../drivers/bm1387/registers.ts";
import { workPeriodNs } from "../../drivers/bm1387/sweep-model.ts";
import { VERSION_MASK, versionVariants } from "../../drivers/bm1387/versions.ts";
import { byteNs } from "../../twin/line.ts";
import { S9VirtualHost, write } from "../../twin/s9-virtual-host.ts";
import { syntheticHeaders } from "../jobs.ts";

const BAUD = 1_562_500;
const MHZ = 500;
const CHIPS = 63;
const VERSIONS = versionVariants(VERSION_MASK, 4).map((bits) => (0x2000_0000 | bits) >>> 0);

export const S9_HEADER: WireHeader = {
  origin: "twin",
  board: "s9-hashboard",
  chips: CHIPS,
  workScale: 24,
  software: "test",
  startedWallMs: 0,
  notes: {},
};

/** A core check of `checks` works, as a bring-up ends with, then `jobs` jobs at full pace. Nonces of the run begin at `runNs`. */
export function s9Session(seed: number, checks: number, jobs: number): { events: readonly WireEvent[]; runNs: bigint } {
  const host = new S9VirtualHost({ seed, workScale: S9_HEADER.workScale });
  host.bringUp(MHZ);
  const zeroNs = host.board.nowNs;
  const events: WireEvent[] = [{ kind: "baud", tNs: 0n, port: "data", baud: BAUD }];
  const at = (tNs: number) => BigInt(Math.round(tNs - zeroNs));
  const send = (frame: Uint8Array) => {
    events.push({ kind: "bytes", tNs: at(host.board.nowNs), port: "data", direction: "to-board", sigmaNs: 0, bytes: frame });
    host.send(frame);
  };
  const listen = (ms: number) => {
    for (const { startNs, bytes } of host.run(ms))
      events.push({ kind: "bytes", tNs: at(startNs + byteNs(BAUD)), port: "data", direction: "from-board", sigmaNs: 0, bytes });
  };
  const periodMs = workPeriodNs({ frequenciesMhz: Array<number>(CHIPS).fill(MHZ), midstates: 4 }) / 1e6;
  send(write(0x0c, pllWordFor(MHZ)));
  listen(5);
  for (let work = 0; work < checks; work++) {
    send(encodeJob(workOf((4 * work) % 128, coreCheckFields(work), VERSIONS)));
    listen(periodMs);
  }
  send(encodeJob({ ...openCoreWork(124, 4), nbits: 0 }));
  listen(50);
  // Until the first job has arrived, chips answer for the work before it.
  const runNs = at(host.arrivalNs(jobBytes(4)));
  const headers = syntheticHeaders(seed);
  for (let job = 0; job < jobs; job++) {
    send(encodeJob(workOf((4 * job) % 128, headers.next().value, VERSIONS)));
    listen(periodMs);
  }
  events.sort((a, b) => (a.tNs < b.tNs ? -1 : a.tNs > b.tNs ? 1 : 0));
  return { events, runNs };
}
