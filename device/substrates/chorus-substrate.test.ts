import { expect, it } from "vitest";
import { drive } from "../../reservoir/drive.ts";
import { type ChorusMode, driveModeSchema } from "../dispatcher/drive-mode.ts";
import { ChorusSubstrate } from "./chorus-substrate.ts";
import { batchOf, stagedSession } from "./staged-session.test-support.ts";

const mode = driveModeSchema.parse({ name: "chorus", coupling: { gainMhz: 10, spreadMhz: 40 } }) as ChorusMode;

it("each chip gets a clock from the input and its neighbours' answers, every one is logged, and all go back to one in the end", async () => {
  const staged = stagedSession({ chips: 3 });
  const substrate = new ChorusSubstrate(staged.session, mode, 100);
  const sleep = staged.clock.sleep.bind(staged.clock);
  // Chip 1 finds two of three nonces in each step, chip 0 none.
  staged.clock.sleep = async (ms, signal) => {
    await sleep(ms, signal);
    staged.told.nonces(batchOf(1, [1, 2, 3], 1n, [1, 1, 2]));
  };
  const { states, names, emitted } = await drive(substrate, Float64Array.of(0.25, 0.5));
  expect(names.slice(0, 3)).toEqual(["chip 0: nonces valid", "chip 1: nonces valid", "chip 2: nonces valid"]);
  expect([...states.data.subarray(0, 4)]).toEqual([0, 2, 1, 0]);
  expect(staged.chipClocks).toEqual([
    [600, 600, 600],
    // Activity -1, 1, 0: the ends hear the middle, the middle the mean of both.
    [630, 615, 630],
    [600, 600, 600],
  ]);
  expect(emitted[1]?.map(({ value }) => value)).toEqual([630, 615, 630, 10, -5, 10]);
});
