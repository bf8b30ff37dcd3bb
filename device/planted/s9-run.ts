import type { JobRecord } from "../../common/block-header.ts";
import { concatNonces, type NonceBatch } from "../../common/nonce-batch.ts";
import { addressInterval } from "../../drivers/bm13xx/addresses.ts";
import { SeenNonces } from "../../drivers/bm13xx/seen-nonces.ts";
import { wireNs } from "../../drivers/bm13xx/wire-time.ts";
import { correlate } from "../../drivers/bm1387/correlate.ts";
import { encodeJob, jobBytes, workOf } from "../../drivers/bm1387/job.ts";
import { JobRegistry } from "../../drivers/bm1387/job-registry.ts";
import { mhzOfPllWord, pllWordFor } from "../../drivers/bm1387/registers.ts";
import { workPeriodNs } from "../../drivers/bm1387/sweep-model.ts";
import { versionVariants } from "../../drivers/bm1387/versions.ts";
import { verifyHeaders } from "../../drivers/native/index.ts";
import { byteNs } from "../../twin/line.ts";
import { DRIVE_RANGE } from "../../twin/planted/memory.ts";
import { seedOf } from "../../twin/planted/scores.ts";
import { plantedEffect } from "../../twin/planted/spec.ts";
import { S9VirtualHost, write } from "../../twin/s9-virtual-host.ts";
import type { TimedFrame } from "../../twin/virtual-host.ts";
import { syntheticHeaders } from "../jobs.ts";
import { driveInput, randomDrive, STEP_NS } from "./drive.ts";
import { frameBatch } from "./frame-batch.ts";
import type { DriveStep, PlantedRecording, RunOptions } from "./planted-recording.ts";

const VERSION_MASK = 0x1fff_e000;
const MIDSTATES = 4;
const BAUD = 1_562_500;
/** While a clock changes there are no ideal times. */
const SETTLE_NS = 5e6;
const PLL = 0x0c;

/** Drives an S9 hash board's twin in virtual time: a clock per step, jobs as fast as the chips use them up. Decoded and verified as by the daemon. */
export function runS9(options: RunOptions): PlantedRecording {
  const { chips, workScale, secret, plant, seconds } = options;
  const range = DRIVE_RANGE.s9;
  const seed = Number(seedOf(secret, "board") & 0xff_ffffn);
  const host = new S9VirtualHost({ chips, workScale, seed, planted: plantedEffect(plant, { chips, drive: range }) });
  host.bringUp(500);
  host.enumerate(chips, addressInterval(chips));
  host.run((STEP_NS - (host.board.nowNs % STEP_NS)) / 1e6);

  const headers = syntheticHeaders(Number(seedOf(secret, "jobs") & 0xffff_ffffn));
  const versionBits = versionVariants(VERSION_MASK, MIDSTATES);
  const clocks = randomDrive(secret, range);
  const jobs = new JobRegistry(MIDSTATES);
  const correlation = { verify: verifyHeaders, jobs, seen: new SeenNonces(), chips };
  const sent: JobRecord[] = [];
  const drive: DriveStep[] = [];
  const batches: NonceBatch[] = [];
  const listen = (frames: readonly TimedFrame[]) => {
    const stamped = frames.map(({ startNs, bytes }) => ({ tNs: BigInt(Math.round(startNs + byteNs(BAUD))), bytes }));
    batches.push(correlate(frameBatch(stamped), correlation).nonces);
  };
  const sendJob = (mhz: number) => {
    const fields = headers.next().value;
    const { jobSeq, wireId } = jobs.next;
    const sentNs = BigInt(Math.round(host.board.nowNs));
    const version = (fields.version & ~VERSION_MASK) >>> 0;
    const record: JobRecord = {
      ...fields,
      version,
      jobSeq,
      wireId,
      ticketLog2: 0,
      workScale,
      sentNs,
      frequencyMhz: mhz,
      hashCountingNumber: null,
    };
    jobs.put(record, versionBits, false);
    host.send(
      encodeJob(
        workOf(
          wireId,
          record,
          versionBits.map((bits) => (version | bits) >>> 0),
        ),
      ),
    );
    const startNs = sentNs + BigInt(Math.round(wireNs(jobBytes(MIDSTATES) + 1, BAUD)));
    sent.push(jobs.started(jobSeq, { sentNs, startNs, frequenciesMhz: Array<number>(chips).fill(mhz) }) ?? record);
  };
  const beginNs = host.board.nowNs;
  for (let step = 0; step * STEP_NS < seconds * 1e9; step++) {
    const word = pllWordFor(clocks.next().value);
    const mhz = mhzOfPllWord(word);
    drive.push({ tNs: host.board.nowNs, mhz, u: driveInput(mhz, range) });
    host.send(write(PLL, word));
    jobs.disturbSweeps();
    const settledNs = host.board.nowNs + SETTLE_NS;
    const periodNs = workPeriodNs({ frequenciesMhz: Array<number>(chips).fill(mhz), midstates: MIDSTATES });
    const endNs = beginNs + (step + 1) * STEP_NS;
    while (host.board.nowNs < endNs) {
      sendJob(mhz);
      if (host.board.nowNs < settledNs) jobs.disturbSweeps();
      listen(host.run(Math.min(periodNs, endNs - host.board.nowNs) / 1e6));
    }
  }
  return { nonces: concatNonces(batches), jobs: sent, drive };
}
