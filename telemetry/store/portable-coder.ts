/** The columns of a chunk, between its head and its checksum, in TypeScript: what runs without the addon, and what the addon is held against. */
import type { NonceBatch } from "../../common/nonce-batch.ts";
import type { ColumnCoder } from "./column-coder.ts";
import { readLane, writeLane } from "./lane.ts";
import { chipRules, coreRules, readField, writeField } from "./nonce-fields.ts";
import { scratch } from "./scratch.ts";
import { readFloats, readTimes, writeFloats, writeTimes } from "./wide-lanes.ts";

const LANE_SLOT = 2;

export const portableCoder: ColumnCoder = {
  write: (batch, out) => writeColumns(batch, out),
  read: (words, batch) => readColumns(words, batch) === words.length,
};

function writeColumns(batch: NonceBatch, out: Uint32Array): number {
  const n = batch.length;
  const lane = scratch(LANE_SLOT, n);
  let at = writeTimes(batch.tNs, out, 0);
  at = writeLane(batch.nonce, out, at);
  at = writeField(batch.chip, batch.nonce, chipRules(batch.chip), out, at);
  at = writeField(batch.core, batch.nonce, coreRules(), out, at);
  at = writeLane(batch.sigmaNs, out, at);
  at = writeLane(batch.versionBits, out, at);
  lane.set(batch.status);
  at = writeLane(lane, out, at);
  at = writeLane(floatBits(batch), out, at);
  let before = batch.jobSeq[0] as number;
  out[at++] = before;
  for (let i = 0; i < n; i++) {
    const now = batch.jobSeq[i] as number;
    const step = (now - before) | 0;
    lane[i] = (step << 1) ^ (step >> 31);
    before = now;
  }
  at = writeLane(lane, out, at);
  return writeFloats(batch.residualNs, out, at);
}

/** The word behind the last column, or -1. */
function readColumns(words: Uint32Array, batch: NonceBatch): number {
  const lane = scratch(LANE_SLOT, batch.length);
  let at = readTimes(words, 0, batch.tNs);
  at = readLane(words, at, batch.nonce);
  at = readField(words, at, batch.nonce, batch.chip);
  at = readField(words, at, batch.nonce, batch.core);
  at = readLane(words, at, batch.sigmaNs);
  at = readLane(words, at, batch.versionBits);
  at = readLane(words, at, lane);
  batch.status.set(lane);
  at = readLane(words, at, floatBits(batch));
  let sum = words[at] ?? 0;
  at = at < 0 ? at : readLane(words, at + 1, lane);
  for (let i = 0; i < batch.length; i++) {
    const zigzag = lane[i] as number;
    sum += (zigzag >>> 1) ^ -(zigzag & 1);
    sum >>>= 0;
    batch.jobSeq[i] = sum;
  }
  return readFloats(words, at, batch.residualNs);
}

function floatBits({ difficultyLog2 }: NonceBatch): Uint32Array {
  return new Uint32Array(difficultyLog2.buffer, difficultyLog2.byteOffset, difficultyLog2.length);
}
