import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

/** As a program beside this one would import it: by name, compiled, with nothing else of the project. */
it("asic-reservoir/reservoir can be imported by name and scores a substrate without any hardware", async () => {
  const program = `
    import { DelayLine, drive, gate, narma10, plantedSession, scoreNarma10, timingBattery } from "asic-reservoir/reservoir";
    const task = narma10(42, 1600);
    const driven = await drive(new DelayLine({ taps: 40, productLag: 9 }), task.u);
    const report = await scoreNarma10({ ...task, ...driven, washout: 100, train: 900, test: 600, origin: "software" });
    const { tier } = await gate(plantedSession({ kind: "delay-ring", snrDb: 40 }, task.u.map((u) => 4 * u - 1), 1));
    console.log(JSON.stringify({ beats: report.beatsTaps.answer, tier, battery: typeof timingBattery }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
  expect(JSON.parse(stdout)).toEqual({ beats: true, tier: "T3 useful", battery: "function" });
});
