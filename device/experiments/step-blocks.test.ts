import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drive } from "../../reservoir/drive.ts";
import { DelayLine } from "../../reservoir/software/delay-line.ts";
import type { Substrate } from "../../reservoir/substrate.ts";
import { narma10 } from "../../reservoir/tasks/narma10.ts";
import { driveInBlocks, type StepBlock, sessionBlocks } from "./step-blocks.ts";

const TAPS = 5;
const { u } = narma10(3, 120);
const settings = (before: readonly StepBlock[], onBlock: (block: StepBlock) => void = () => {}) => ({
  session: "seed 3",
  before,
  washout: TAPS,
  blockSteps: 16,
  onBlock: async (block: StepBlock) => onBlock(block),
});
/** Through JSON, as the record keeps it. */
const stored = (block: StepBlock): StepBlock => JSON.parse(JSON.stringify(block));

/** A substrate with an invalid step now and then, and no memory. */
function flaky(): Substrate & { readonly stepped: number[] } {
  const stepped: number[] = [];
  return {
    name: "flaky",
    origin: "twin",
    featureNames: ["a"],
    stepped,
    async step(value, index) {
      stepped.push(index);
      const valid = index % 7 !== 3;
      return { features: Float64Array.of(value), emitted: [{ knob: "k", value }], valid, ...(valid ? {} : { reason: "read-back" }) };
    },
  };
}

/** Drives until so many blocks are stored, as if the process had been killed then. */
async function killedAfter(blocks: number): Promise<StepBlock[]> {
  const kept: StepBlock[] = [];
  const stop = new Error("killed");
  await driveInBlocks(
    new DelayLine({ taps: TAPS }),
    u,
    settings([], (block) => {
      if (kept.length === blocks) throw stop;
      kept.push(stored(block));
    }),
  ).catch((error: unknown) => {
    if (error !== stop) throw error;
  });
  return kept;
}

describe("a drive in blocks", () => {
  test("that was cut off anywhere ends as one that never was, on a substrate that forgets within the washout", async () => {
    const whole = await drive(new DelayLine({ taps: TAPS }), u);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 8 }), async (blocks) => {
        const before = await killedAfter(blocks);
        const resumed = await driveInBlocks(new DelayLine({ taps: TAPS }), u, settings(before));
        expect([...resumed.states.data]).toEqual([...whole.states.data]);
        expect(resumed.emitted).toEqual(whole.emitted);
        expect([...resumed.valid]).toEqual([...whole.valid]);
      }),
      { numRuns: 9 },
    );
  });

  test("drives what is left, and the washout before it, whose answers it throws away and says so", async () => {
    const before = (await killedAfter(2)).map((block) => ({ ...block, features: ["a"], states: block.states.map(() => [0]) }));
    const substrate = flaky();
    const blocks: StepBlock[] = [];
    await driveInBlocks(
      substrate,
      u,
      settings(before, (block) => void blocks.push(block)),
    );
    expect(substrate.stepped).toEqual(Array.from({ length: u.length - 32 + TAPS }, (_, i) => 32 - TAPS + i));
    expect(blocks[0]).toMatchObject({ from: 32, drivenAgain: TAPS });
    expect(blocks.slice(1).every(({ drivenAgain }) => drivenAgain === 0)).toBe(true);
  });

  test("marks steps whose read-back disagrees, with the reason, and keeps no row of them", async () => {
    const blocks: StepBlock[] = [];
    const driven = await driveInBlocks(
      flaky(),
      u,
      settings([], (block) => void blocks.push(stored(block))),
    );
    expect(driven.invalid).toEqual(new Map([["read-back", 17]]));
    expect(driven.valid[3]).toBe(0);
    expect(driven.states.data[3]).toBeNaN();
    expect(blocks[0]?.invalid[3]).toBe("read-back");
    expect(blocks[0]?.states[3]).toBeNull();
  });

  test("begins anew when the features are not those of before", async () => {
    const before = await killedAfter(3);
    const substrate = flaky();
    await driveInBlocks(substrate, u, settings(before));
    expect(substrate.stepped[0]).toBe(0);
    expect(substrate.stepped).toHaveLength(u.length);
  });

  test("of a session takes its own blocks up to the first gap, and the latest beginning", async () => {
    const [a, b, c] = (await killedAfter(3)) as [StepBlock, StepBlock, StepBlock];
    const other = { ...a, session: "seed 4" };
    expect(sessionBlocks([a, other, b, c], "seed 3")).toEqual([a, b, c]);
    expect(sessionBlocks([a, c], "seed 3")).toEqual([a]);
    expect(sessionBlocks([a, b, { ...a, drivenAgain: 9 }], "seed 3")).toEqual([{ ...a, drivenAgain: 9 }]);
  });
});
