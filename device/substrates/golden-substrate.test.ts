import { describe, expect, it } from "vitest";
import { drive } from "../../reservoir/drive.ts";
import { driveModeSchema, type GoldenMode } from "../dispatcher/drive-mode.ts";
import { GoldenSubstrate } from "./golden-substrate.ts";
import { stagedSession } from "./staged-session.test-support.ts";

const RANGE = { minMv: 1100, maxMv: 1200 };
const mode = (given: object = {}) =>
  driveModeSchema.parse({ name: "golden", replayMs: 50, quietReplays: 3, checkReplays: 2, ...given }) as GoldenMode;
const ended = { delayMs: () => 50 };

describe("a rig that replays one job", () => {
  it("enrols until nothing new comes, then says of each golden nonce whether it was hit", async () => {
    const staged = stagedSession({ ...ended, nonces: (_, mv) => (mv < 1150 ? [3, 9] : [3, 5, 9]) });
    const golden = await GoldenSubstrate.enrol(staged.session, RANGE, mode());
    expect(golden.set.nonces.map(({ nonce }) => nonce)).toEqual([3, 5, 9]);
    expect(golden.set.replays).toBe(4);
    const { states, names } = await drive(golden, Float64Array.of(0, 0.5));
    expect(names.slice(0, 3)).toEqual(["hit 3/0", "hit 5/0", "hit 9/0"]);
    expect([...states.data.subarray(0, 3)]).toEqual([1, 0, 1]);
    expect([...states.data.subarray(names.length, names.length + 3)]).toEqual([1, 1, 1]);
    expect(new Set(staged.offered.map(({ merkleRoot }) => Buffer.from(merkleRoot).toString("hex"))).size).toBe(1);
    expect(staged.stops()).toBe(0);
    golden.end();
    expect(staged.stops()).toBe(1);
  });

  it("what came after the end of a replay does not count", async () => {
    const staged = stagedSession({ ...ended, nonces: () => [3], lateNonces: [7] });
    const golden = await GoldenSubstrate.enrol(staged.session, RANGE, mode());
    expect(golden.set.nonces.map(({ nonce }) => nonce)).toEqual([3]);
    golden.end();
  });

  it("a nonce that was not enrolled is counted apart", async () => {
    let late = 0;
    const staged = stagedSession({ ...ended, nonces: (jobSeq) => (late > 0 && jobSeq >= late ? [3, 4] : [3]) });
    const golden = await GoldenSubstrate.enrol(staged.session, RANGE, mode());
    late = golden.set.replays;
    const { states, names } = await drive(golden, Float64Array.of(0.25));
    expect(states.data[names.indexOf("others")]).toBe(1);
    golden.end();
  });

  it("after the run it says what has changed for good, at the voltage of the enrolment", async () => {
    let worn = false;
    const staged = stagedSession({ ...ended, nonces: () => (worn ? [3, 9, 11] : [3, 5]) });
    const golden = await GoldenSubstrate.enrol(staged.session, RANGE, mode());
    worn = true;
    expect(await golden.check()).toEqual({ replays: 2, hitShare: 0.5, lost: 1, gained: 2, safeShare: null });
    expect(staged.voltages.at(-1)).toBe(1200);
    golden.end();
  });

  it("a job without nonces is refused, and the rig goes back to its steady work", async () => {
    const staged = stagedSession(ended);
    await expect(GoldenSubstrate.enrol(staged.session, RANGE, mode({ mostReplays: 5 }))).rejects.toMatchObject({ code: "GOLDEN_EMPTY" });
    expect(staged.stops()).toBe(1);
  });
});
