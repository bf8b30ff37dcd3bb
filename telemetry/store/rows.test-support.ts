/** Rows to put into a store. */
import type { JobRecord } from "../../common/block-header.ts";
import { allocateNonces, type NonceBatch } from "../../common/nonce-batch.ts";
import type { Readings } from "../messages.ts";
import type { AppliedSetPoint, NewRun, Sample } from "./store.ts";

export const newRun: NewRun = { kind: "sweep", origin: "twin", note: "", provenance: { seed: 7, plan: ["a", { b: null }] } };

/** Rows numbered from `first` in their nonce column, one ms apart. */
export function numberedNonces(first: number, count: number): NonceBatch {
  const batch = allocateNonces(count);
  for (let i = 0; i < count; i++) {
    batch.nonce[i] = first + i;
    batch.tNs[i] = 10n ** 15n + BigInt(first + i) * 1_000_000n;
    batch.residualNs[i] = Math.sin(first + i) * 1000;
  }
  return batch;
}

export function job(jobSeq: number, changes: Partial<JobRecord> = {}): JobRecord {
  return {
    jobSeq,
    wireId: (jobSeq * 8) % 128,
    version: 0x2000_0000,
    prevHash: Uint8Array.from({ length: 32 }, (_, i) => i),
    merkleRoot: Uint8Array.from({ length: 32 }, (_, i) => 255 - i),
    ntime: 0x6500_0000,
    nbits: 0x1705_ae3a,
    ticketLog2: 8,
    workScale: 12,
    sentNs: 1_234_567_890_123_456_789n,
    frequencyMhz: 485,
    hashCountingNumber: null,
    ...changes,
  };
}

const readings: Readings = {
  wallMs: 1_700_000_000_123.5,
  coreVoltageMv: 1198.5,
  inputVoltageMv: 5011,
  inputCurrentMa: null,
  powerW: 11.25,
  chipTempC: 0,
  boardTempC: null,
  regulatorTempC: 61,
  fanRpm: 4200,
  fanPercent: 55,
  hashRateGhs: null,
  expectedGhs: 433.7,
};

export function sample(changes: Partial<Sample> = {}): Sample {
  return { tNs: 2n ** 62n + 1n, setPoint: { coreVoltageMv: 1200, frequencyMhz: 485, ticketDifficulty: 256 }, readings, ...changes };
}

export function appliedSetPoint(changes: Partial<AppliedSetPoint> = {}): AppliedSetPoint {
  const readBack = { coreVoltageMv: 1198.75, frequencyMhz: 484.5, ticketDifficulty: 256 };
  return { tNs: 2n ** 60n + 3n, wallMs: 5, readBack, asked: { coreVoltageMv: 1200, frequencyMhz: 485, ticketDifficulty: 300 }, ...changes };
}
