/** Checking nonces: SHA-256d of 80-byte headers on one core, against OpenSSL's SHA-256 through node:crypto. */
import { createHash, hash } from "node:crypto";
import { hashHeaders, sha256dKernel, verifyHeaders } from "../drivers/native/index.ts";
import { type Bench, type BenchCase, median, moreIsBetter } from "./harness/bench.ts";

const HEADER_BYTES = 80;
const REPEATS = 9;
const RUN_MS = 150;

/** Calls of `work` per second, times what each call checks. */
function ratePerSecond(perCall: number, work: () => void): number {
  const began = performance.now();
  let calls = 0;
  let tookMs = 0;
  while (tookMs < RUN_MS) {
    // The clock is not read between every two short calls.
    for (let i = 0; i < Math.max(1, 256 / perCall); i++, calls++) work();
    tookMs = performance.now() - began;
  }
  return (calls * perCall * 1000) / tookMs;
}

function opensslEach(headers: Uint8Array, digestOf: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  let last = new Uint8Array();
  for (let at = 0; at < headers.length; at += HEADER_BYTES)
    last = new Uint8Array(digestOf(digestOf(headers.subarray(at, at + HEADER_BYTES))));
  return last;
}

const PEERS = {
  "createHash()": (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest(),
  "hash()": (bytes: Uint8Array): Uint8Array => hash("sha256", bytes, "buffer"),
};

function atBatch(count: number): BenchCase {
  const headers = Uint8Array.from({ length: count * HEADER_BYTES }, (_, i) => (i * 131) ^ (i >> 5));
  const ours: number[] = [];
  const peers = Object.keys(PEERS).map(() => [] as number[]);
  // One after the other, round by round: what slows the machine down slows both.
  for (let round = 0; round < REPEATS; round++) {
    ours.push(ratePerSecond(count, () => verifyHeaders(headers)));
    for (const [i, digestOf] of Object.values(PEERS).entries()) peers[i]?.push(ratePerSecond(count, () => opensslEach(headers, digestOf)));
  }
  const rates = peers.map(median);
  const best = rates.indexOf(Math.max(...rates));
  const notes = { kernel: sha256dKernel(), peer: Object.keys(PEERS)[best] ?? "" };
  return moreIsBetter(`${count} header${count > 1 ? "s" : ""} a call`, "checks/s", median(ours), rates[best] ?? Number.NaN, notes);
}

/** Both must compute the same, or the comparison means nothing. */
function sameDigests(): void {
  const header = Uint8Array.from({ length: HEADER_BYTES }, (_, i) => i);
  const ours = Buffer.from(hashHeaders(header)).toString("hex");
  for (const [name, digestOf] of Object.entries(PEERS))
    if (Buffer.from(opensslEach(header, digestOf)).toString("hex") !== ours) throw new Error(`${name} disagrees about a digest`);
}

export const bench: Bench = {
  about:
    "nonces checked per second and core (double hash, zero bits, difficulty) against two SHA-256 calls of node:crypto (OpenSSL), the faster form",
  async run() {
    sameDigests();
    return [1, 16, 256, 4096].map(atBatch);
  },
};
