import { describe, expect, it } from "vitest";
import { DriverError } from "../../common/errors.ts";
import { drive } from "../../reservoir/drive.ts";
import { type DialogueMode, driveModeSchema } from "../dispatcher/drive-mode.ts";
import { DialogueSubstrate } from "./dialogue-substrate.ts";
import { stagedSession } from "./staged-session.test-support.ts";

const RANGE = { minMv: 1100, maxMv: 1200 };
const mode = (given: object) => driveModeSchema.parse({ name: "dialogue", ...given }) as DialogueMode;

describe("a rig asked word by word", () => {
  it("each step has its voltage, its words and their waiting times", async () => {
    const staged = stagedSession({ delayMs: (jobSeq) => jobSeq + 1 });
    const { states, names, valid, emitted } = await drive(
      new DialogueSubstrate(staged.session, RANGE, mode({ words: 3 })),
      Float64Array.of(0, 0.25, 0.5),
    );
    expect(staged.voltages).toEqual([1100, 1150, 1200]);
    expect([...valid]).toEqual([1, 1, 1]);
    expect([...states.data.subarray(0, 4)]).toEqual([1, 2, 3, 3]);
    expect([...states.data.subarray(2 * names.length, 2 * names.length + 4)]).toEqual([7, 8, 9, 3]);
    expect(names.slice(0, 4)).toEqual(["waited for word 1 (ms)", "waited for word 2 (ms)", "waited for word 3 (ms)", "answered"]);
    expect(emitted[1]).toEqual([
      { knob: "core voltage (mV)", value: 1150 },
      { knob: "fed back (u)", value: 0 },
      { knob: "first job", value: 3 },
    ]);
    expect(staged.stops()).toBe(1);
  });

  it("more words than may wait at once are offered as room comes", async () => {
    const staged = stagedSession({});
    const { states } = await drive(new DialogueSubstrate(staged.session, RANGE, mode({ words: 40 })), Float64Array.of(0.1));
    expect(staged.offered).toHaveLength(40);
    expect(states.data[40]).toBe(40);
  });

  it("a word that nobody answered waited until its deadline, and counts for no answer", async () => {
    const staged = stagedSession({ delayMs: (jobSeq) => (jobSeq === 1 ? null : 4) });
    const { states } = await drive(new DialogueSubstrate(staged.session, RANGE, mode({ words: 2, deadlineMs: 90 })), Float64Array.of(0.1));
    expect([...states.data.subarray(0, 3)]).toEqual([4, 90, 1]);
  });

  it("answers move the next set-point by what the feedback says, and it is logged", async () => {
    const staged = stagedSession({ delayMs: () => 12 });
    const feedback = { signal: "delay", gain: 0.05, offset: 10, clip: 0.2 };
    const substrate = new DialogueSubstrate(staged.session, RANGE, mode({ words: 1, feedback }));
    const { emitted } = await drive(substrate, Float64Array.of(0.2, 0.2, 0.45));
    expect(staged.voltages.map(Math.round)).toEqual([1140, 1160, 1200]);
    expect(emitted.map((step) => step[1]?.value.toFixed(3))).toEqual(["0.000", "0.100", "0.100"]);
  });

  it("fed back into the jobs, the voltage is the input's and the jobs are others", async () => {
    const run = async (gain: number) => {
      const staged = stagedSession({ delayMs: () => 12 });
      const feedback = { signal: "delay", gain, into: "job" };
      await drive(new DialogueSubstrate(staged.session, RANGE, mode({ words: 1, feedback })), Float64Array.of(0.2, 0.2));
      return staged;
    };
    const [one, two, again] = [await run(0.001), await run(0.002), await run(0.001)];
    expect(one.voltages.map(Math.round)).toEqual([1140, 1140]);
    expect(one.offered[0]?.merkleRoot).toEqual(two.offered[0]?.merkleRoot);
    expect(one.offered[1]?.merkleRoot).not.toEqual(two.offered[1]?.merkleRoot);
    expect(one.offered).toEqual(again.offered);
  });

  it("a set-point that is refused makes the step invalid, with its reason; a lost link ends the run", async () => {
    const refuses = (code: string) => (mv: number) => (mv > 1150 ? new DriverError(code, "No.", "") : null);
    const { valid, invalid } = await drive(
      new DialogueSubstrate(stagedSession({ refuses: refuses("SETPOINT_REFUSED") }).session, RANGE, mode({})),
      Float64Array.of(0, 0.5, 0),
    );
    expect([...valid]).toEqual([1, 0, 1]);
    expect([...invalid.keys()]).toEqual(["SETPOINT_REFUSED: No."]);
    const lost = stagedSession({ refuses: refuses("LINK_LOST") });
    await expect(drive(new DialogueSubstrate(lost.session, RANGE, mode({})), Float64Array.of(0.5))).rejects.toMatchObject({
      code: "LINK_LOST",
    });
    expect(lost.stops()).toBe(1);
  });

  it("a sensor that failed makes the step invalid", async () => {
    const { invalid } = await drive(
      new DialogueSubstrate(stagedSession({ readFails: true }).session, RANGE, mode({})),
      Float64Array.of(0.1),
    );
    expect([...invalid.keys()]).toEqual(["could not read thermometer"]);
  });

  it("a dialogue that stands still ends the step instead of holding it for ever", async () => {
    const staged = stagedSession({ delayMs: () => 1e9 });
    const { invalid } = await drive(new DialogueSubstrate(staged.session, RANGE, mode({})), Float64Array.of(0.1));
    expect([...invalid.keys()][0]).toContain("DIALOGUE_STALLED");
  });
});
