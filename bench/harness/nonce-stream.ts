/** Nonces as the two boards yield them, for benchmarks of what becomes of them: random where the real ones are, regular where those are. */
import { allocateNonces, type NonceBatch, STATUS } from "../../common/nonce-batch.ts";
import { splitmix64 } from "../../common/random.ts";

export interface StreamOptions {
  readonly count: number;
  readonly perSecond: number;
  readonly board: "s9" | "bitaxe";
}

/** S9: 63 chips, 4 midstates, a work every 2.9 ms, difficulty 1. Bitaxe: one chip, 16 rolled version bits, a job every 2 s, difficulty as needed for the rate. */
const BOARDS = {
  s9: { chips: 63, workNs: 2_900_000, ticketLog2: 0, jitterNs: 60_000 },
  bitaxe: { chips: 1, workNs: 2_000_000_000, ticketLog2: -0.2, jitterNs: 40_000 },
} as const;

export function nonceStream({ count, perSecond, board }: StreamOptions): NonceBatch {
  const { chips, workNs, ticketLog2, jitterNs } = BOARDS[board];
  const random = splitmix64(20261121);
  const below = (limit: number) => Math.floor(random.next() * limit);
  const batch = allocateNonces(count);
  const nonce = new DataView(batch.nonce.buffer);
  let elapsedNs = 0;
  for (let i = 0; i < count; i++) {
    elapsedNs -= Math.log(1 - random.next()) * (1e9 / perSecond);
    const core = board === "s9" ? below(57) + 64 * below(2) : below(112);
    const address = below(256);
    const bigEndian =
      board === "s9" ? address * 2 ** 24 + below(2 ** 17) * 128 + core : core * 2 ** 25 + address * 2 ** 17 + below(2 ** 17);
    nonce.setUint32(4 * i, bigEndian);
    batch.tNs[i] = 3_600_000_000_000n + BigInt(Math.round(elapsedNs));
    batch.sigmaNs[i] = 1500 + below(400);
    batch.chip[i] = Math.min(Math.floor(address / Math.floor(256 / chips)), chips - 1);
    batch.core[i] = core;
    batch.versionBits[i] = below(board === "s9" ? 4 : 65_536) << 13;
    batch.jobSeq[i] = Math.floor(elapsedNs / workNs);
    batch.status[i] = random.next() < 0.002 ? STATUS.invalid : STATUS.valid;
    batch.difficultyLog2[i] = ticketLog2 - Math.log2(1 - random.next());
    // An ideal time is a multiple of a clock's period, an observed one of a nanosecond; their difference has the bits of the larger one.
    const idealNs = (below(workNs) * 1000) / 650;
    batch.residualNs[i] = Math.round(idealNs + 20_000 + (random.next() + random.next() - 1) * jitterNs) - idealNs;
  }
  return batch;
}
