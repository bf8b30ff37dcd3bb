import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSafe, safeShare } from "./safe-counters.ts";
import { sliceCounts } from "./sweep-model.ts";

const CHIPS = 63;
const sweepAt = (mhz: number, midstates: number) => ({ frequenciesMhz: Array<number>(CHIPS).fill(mhz), midstates });

/** A nonce of a chip's slice, so many counts from its start, as it stands in a header. */
function nonceAt(chip: number, position: number, core: number): number {
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setUint32(0, (((chip * sliceCounts(CHIPS) + position) << 7) | core) >>> 0);
  return bytes.getUint32(0, true);
}

describe("counters that a chip comes to before the next work", () => {
  it("are those at the beginning of its own slice, as many as the share says, on every chip and core", () => {
    fc.assert(
      fc.property(
        fc.nat(CHIPS - 1),
        fc.nat(sliceCounts(CHIPS) - 1),
        fc.nat(56),
        fc.integer({ min: 100, max: 1000 }),
        fc.constantFrom(1, 2, 4),
        fc.integer({ min: 100_000, max: 5_000_000 }),
        (chip, position, core, mhz, midstates, gapNs) => {
          const sweep = sweepAt(mhz, midstates);
          const share = safeShare(gapNs, sweep);
          fc.pre(Math.abs(position / sliceCounts(CHIPS) - share) > 1e-5);
          expect(isSafe(nonceAt(chip, position, core), chip, gapNs, sweep)).toBe(position / sliceCounts(CHIPS) < share);
        },
      ),
    );
  });

  it("a chip that ran on into its neighbour's slice was not in time", () => {
    const sweep = sweepAt(650, 4);
    const nonce = nonceAt(7, 10, 3);
    expect(isSafe(nonce, 7, 960_000, sweep)).toBe(true);
    expect(isSafe(nonce, 6, 960_000, sweep)).toBe(false);
  });

  it("at 650 MHz and 1.5625 MBd four midstates leave 27 % of a slice, one midstate 38 %", () => {
    const frameNs = (bytes: number) => (bytes * 10 * 1e9) / 1_562_500;
    expect(safeShare(frameNs(150), sweepAt(650, 4))).toBeCloseTo(0.268, 3);
    expect(safeShare(frameNs(54), sweepAt(650, 1))).toBeCloseTo(0.386, 3);
  });
});
