import { addressInterval } from "../bm13xx/addresses.ts";
import type { NonceResponse } from "../bm13xx/response.ts";

export { addressInterval } from "../bm13xx/addresses.ts";

/** Steps of a small core's counter. specs/bm1366.md 1.9 */
export const COUNTER_STEPS = 2 ** 25;
/** The rolled version field sits from this bit of the version on. specs/bm1366.md 1.7 */
export const VERSION_SHIFT = 13;

/** Who found a nonce and where in the sweep. specs/bm1366.md 1.9 */
export interface NonceOrigin {
  readonly core: number;
  readonly addr8: number;
  /** Position of the chip on the chain; clamped, because a counter can run over its slice. specs/bm1366.md 8.16 */
  readonly chip: number;
  /** Position of the counter, 25 bits. */
  readonly counter: number;
  readonly smallCore: number;
  readonly versionField: number;
  /** The rolled bits in place. */
  readonly versionBits: number;
  readonly jobId: number;
}

/**
 * Reads a nonce response of a BM1366. The core and address bits are those of the big-endian reading; the little-endian one gives
 * impossible cores. A 9-byte response has no version field: 0. specs/bm1366.md 1.9, 8.2
 */
export function decodeNonce(response: NonceResponse, chips: number): NonceOrigin {
  const { nonceBe, resultHeader } = response;
  const versionField = response.versionField ?? 0;
  const addr8 = (nonceBe >>> 17) & 0xff;
  return {
    core: nonceBe >>> 25,
    addr8,
    chip: Math.min(Math.floor(addr8 / addressInterval(chips)), chips - 1),
    counter: nonceBe & (COUNTER_STEPS - 1),
    smallCore: resultHeader & 0x07,
    versionField,
    versionBits: versionField << VERSION_SHIFT,
    jobId: resultHeader & 0xf8,
  };
}
