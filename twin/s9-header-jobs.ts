import { createHash } from "node:crypto";
import { headerBytes } from "../common/block-header.ts";
import type { S9Job } from "./s9-virtual-host.ts";

/** A job and the headers it stands for: one per midstate, which differ in their version. Nonce bytes are zero. */
export interface HeaderJob extends S9Job {
  readonly headers: readonly Uint8Array[];
}

/** A job of made-up header fields; the same seed gives the same job. Its nbits, 0x1723792D, has bit 0 set. */
export function headerJob(seed: number, midstates: 1 | 2 | 4 = 1, id = 0): HeaderJob {
  const bytes = (salt: number) => new Uint8Array(createHash("sha256").update(`s9 ${seed} ${salt}`).digest());
  const fields = { prevHash: bytes(0), merkleRoot: bytes(1), ntime: 0x5d17_465b + seed, nbits: 0x1723_792d };
  const headers = Array.from({ length: midstates }, (_, i) => headerBytes({ ...fields, version: 0x2000_0000 + (i << 13) }, 0));
  return {
    id,
    headers,
    tail: (headers[0] as Uint8Array).subarray(64, 76),
    midstates: headers.map((header) => midstateOf(header)),
  };
}

/** Leading zero bits of the double SHA-256 of a job's header with this nonce, by node:crypto. */
export function zeroBits(job: HeaderJob, midstate: number, nonceBe: number): number {
  const hash = hashOf(job, midstate, nonceBe);
  let bits = 0;
  for (const byte of hash) {
    if (byte !== 0) return bits + Math.clz32(byte) - 24;
    bits += 8;
  }
  return bits;
}

/** The double SHA-256 in display order, most significant byte first. */
export function hashOf(job: HeaderJob, midstate: number, nonceBe: number): Uint8Array {
  const header = (job.headers[midstate] as Uint8Array).slice();
  new DataView(header.buffer).setUint32(76, nonceBe);
  const once = createHash("sha256").update(header).digest();
  return new Uint8Array(createHash("sha256").update(once).digest()).reverse();
}

/** SHA-256 state after the first 64 bytes, FIPS 180-4 6.2.2. node:crypto does not show it. */
function midstateOf(header: Uint8Array): Uint8Array {
  const view = new DataView(header.buffer, header.byteOffset);
  const w = Array.from({ length: 16 }, (_, i) => view.getUint32(4 * i));
  const rotate = (x: number, n: number) => (x >>> n) | (x << (32 - n));
  for (let i = 16; i < 64; i++) {
    const [a, b] = [w[i - 15] as number, w[i - 2] as number];
    const s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
    const s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
    w.push(((w[i - 16] as number) + s0 + (w[i - 7] as number) + s1) >>> 0);
  }
  const initial = PRIMES.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
  let [a, b, c, d, e, f, g, h] = initial as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + cubeFraction(PRIMES[i] as number) + (w[i] as number)) >>> 0;
    const t2 = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) >>> 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) >>> 0, c, b, a, (t1 + t2) >>> 0];
  }
  const out = new DataView(new ArrayBuffer(32));
  [a, b, c, d, e, f, g, h].forEach((word, i) => {
    out.setUint32(4 * i, (word + (initial[i] as number)) >>> 0);
  });
  return new Uint8Array(out.buffer);
}

const PRIMES = Array.from({ length: 400 }, (_, i) => i).filter((n) => {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return n >= 2;
});

function fraction(x: number): number {
  return Math.floor((x - Math.floor(x)) * 2 ** 32);
}

/** First 32 bits of the fraction of a cube root; in whole numbers, where a double has too few digits. */
function cubeFraction(prime: number): number {
  const cube = BigInt(prime) << 96n;
  let root = BigInt(Math.floor(Math.cbrt(prime) * 2 ** 32));
  while (root ** 3n > cube) root--;
  while ((root + 1n) ** 3n <= cube) root++;
  return Number(root & 0xffff_ffffn);
}
