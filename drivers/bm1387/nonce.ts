import { addressInterval } from "../bm13xx/addresses.ts";
import type { NonceResponse } from "./response.ts";

/** Steps of the counter all cores of a chip share. specs/bm1387.md 3.6 */
export const COUNTER_STEPS = 2 ** 25;
/** The counter of the chip at address A starts at A * 2^17. specs/bm1387.md 3.6 */
export const COUNTS_PER_ADDRESS = 2 ** 17;
/** Cores of one chip: ids 0..56 and 64..120. specs/bm1387.md 0.6 */
export const CORES = 114;
const HALF = CORES / 2;

/** 0..113 from a core id, or null for the ids no BM1387 has (57..63, 121..127). specs/bm1387.md 3.6 */
export function coreNumber(core: number): number | null {
  if (core >= 0 && core < HALF) return core;
  return core >= 64 && core < 64 + HALF ? core - 64 + HALF : null;
}

/** Who found a nonce and where in the sweep. specs/bm1387.md 1.5 */
export interface NonceOrigin {
  /** As the chip numbers it; see coreNumber. */
  readonly core: number;
  /** true when no BM1387 has that core: the frame is damaged. */
  readonly impossibleCore: boolean;
  /** 25 bits. */
  readonly counter: number;
  /** Top 8 bits of the counter. */
  readonly addr8: number;
  /** The chip in whose slice the counter lies. A chip whose work lasted too long runs into the slice of the next: see origin in sweep-model.ts. */
  readonly slice: number;
}

/** Reads where a nonce of a chain of `chips` comes from. specs/bm1387.md 1.5 */
export function decodeNonce({ nonceBe }: Pick<NonceResponse, "nonceBe">, chips: number): NonceOrigin {
  const core = nonceBe & 0x7f;
  const counter = nonceBe >>> 7;
  const addr8 = nonceBe >>> 24;
  const slice = Math.min(Math.floor(addr8 / addressInterval(chips)), chips - 1);
  return { core, impossibleCore: coreNumber(core) === null, counter, addr8, slice };
}

/** The index of the midstate that hit, and the id of its job. specs/bm1387.md 1.5 */
export function splitId(id: number, midstates: number): { readonly wireId: number; readonly midstate: number } {
  return { wireId: id & ~(midstates - 1), midstate: id & (midstates - 1) };
}
