import type { JobRecord } from "../../common/block-header.ts";
import { concatNonces, type NonceBatch } from "../../common/nonce-batch.ts";
import { FULL_JOB_BYTES } from "../../drivers/bm13xx/frames.ts";
import { pllMhz } from "../../drivers/bm13xx/pll.ts";
import { SeenNonces } from "../../drivers/bm13xx/seen-nonces.ts";
import { wireNs } from "../../drivers/bm13xx/wire-time.ts";
import { correlate } from "../../drivers/bm1366/correlate.ts";
import { encodeJob } from "../../drivers/bm1366/job.ts";
import { JobRegistry } from "../../drivers/bm1366/job-registry.ts";
import { pll0, pllWordFor } from "../../drivers/bm1366/registers.ts";
import { verifyHeaders } from "../../drivers/native/index.ts";
import { byteNs } from "../../twin/line.ts";
import { DRIVE_RANGE } from "../../twin/planted/memory.ts";
import { seedOf } from "../../twin/planted/scores.ts";
import { plantedEffect } from "../../twin/planted/spec.ts";
import { FAST_BAUD, type TimedFrame, VirtualHost, write } from "../../twin/virtual-host.ts";
import { syntheticHeaders } from "../jobs.ts";
import { driveInput, randomDrive, STEP_NS } from "./drive.ts";
import { frameBatch } from "./frame-batch.ts";
import type { DriveStep, PlantedRecording, RunOptions } from "./planted-recording.ts";

const VERSION_MASK = 0x1fff_e000;
const HASH_COUNTING_NUMBER = 0x10;
const PLL0 = 0x08;
/** From a new clock to the job that runs at it. */
const SETTLE_MS = 5;

/** Drives a Bitaxe twin in virtual time: a clock and a job per step. What it answers goes through the drivers' own decoder and verification. */
export function runBitaxe(options: RunOptions): PlantedRecording {
  const { chips, workScale, secret, plant, seconds } = options;
  const range = DRIVE_RANGE.bitaxe;
  const seed = Number(seedOf(secret, "board") & 0xff_ffffn);
  const host = new VirtualHost({ chips, workScale, seed, planted: plantedEffect(plant, { chips, drive: range }) });
  host.bringUp(485);
  host.run((STEP_NS - (host.bitaxe.nowNs % STEP_NS)) / 1e6);

  const headers = syntheticHeaders(Number(seedOf(secret, "jobs") & 0xffff_ffffn));
  const clocks = randomDrive(secret, range);
  const jobs = new JobRegistry();
  const correlation = { verify: verifyHeaders, jobs, seen: new SeenNonces(), chips };
  const sent: JobRecord[] = [];
  const drive: DriveStep[] = [];
  const batches: NonceBatch[] = [];
  const listen = (frames: readonly TimedFrame[]) => {
    const stamped = frames.map(({ startNs, bytes }) => ({ tNs: BigInt(Math.round(startNs + byteNs(FAST_BAUD))), bytes }));
    batches.push(correlate(frameBatch(stamped), correlation).nonces);
  };
  for (let step = 0; step * STEP_NS < seconds * 1e9; step++) {
    const word = pllWordFor(clocks.next().value);
    const mhz = pllMhz(pll0.decode(word));
    const hashCountingNumber = host.countingNumber(mhz);
    drive.push({ tNs: host.bitaxe.nowNs, mhz, u: driveInput(mhz, range) });
    host.send(write(PLL0, word), write(HASH_COUNTING_NUMBER, hashCountingNumber));
    jobs.disturbSweeps();
    listen(host.run(SETTLE_MS));

    const fields = headers.next().value;
    const { jobSeq, wireId } = jobs.next;
    const sentNs = BigInt(Math.round(host.bitaxe.nowNs));
    const record: JobRecord = {
      ...fields,
      version: (fields.version & ~VERSION_MASK) >>> 0,
      jobSeq,
      wireId,
      ticketLog2: 0,
      workScale,
      sentNs,
      frequencyMhz: mhz,
      hashCountingNumber,
    };
    jobs.put(record, false, VERSION_MASK);
    host.send(encodeJob(wireId, record));
    sent.push(jobs.started(record, sentNs, sentNs + BigInt(Math.round(wireNs(FULL_JOB_BYTES + 1, FAST_BAUD)))));
    listen(host.run(STEP_NS / 1e6 - SETTLE_MS));
  }
  return { nonces: concatNonces(batches), jobs: sent, drive };
}
