import { describe, expect, it } from "vitest";
import type { NarmaProgress, NarmaReport, RunSummary } from "../../../messages.ts";
import { ranked, shownStage, verdictText } from "./narma-view.ts";

const progress: NarmaProgress = { done: 10, total: 10, washout: 2, recent: [] };
const report = { task: "narma10", runId: 3 } as NarmaReport;
const run = (id: number, kind: string, status: RunSummary["status"]): RunSummary => ({
  id,
  kind,
  status,
  origin: "twin",
  startedWallMs: 0,
  endedWallMs: null,
  note: "",
});

describe("what the NARMA panel shows", () => {
  it("progress until the report is there, also while the readout trains", () => {
    expect(shownStage(progress, null, run(3, "narma10", "running"))).toBe("progress");
    expect(shownStage(progress, report, run(3, "narma10", "running"))).toBe("report");
  });

  it("a newer NARMA run replaces the last report, another kind of run does not", () => {
    expect(shownStage(progress, report, run(4, "narma10", "running"))).toBe("progress");
    expect(shownStage(progress, report, run(4, "sweep", "running"))).toBe("report");
    expect(shownStage(progress, report, run(4, "narma10", "failed"))).toBe("report");
  });

  it("nothing before the first", () => {
    expect(shownStage(null, null, null)).toBe("nothing");
  });
});

describe("verdict", () => {
  it("always carries the origin word, and not twice", () => {
    expect(verdictText({ origin: "twin", verdict: "The twin did not beat the taps." })).toBe("The twin did not beat the taps.");
    expect(verdictText({ origin: "twin", verdict: "Did not beat the taps between windows." })).toBe(
      "TWIN: Did not beat the taps between windows.",
    );
    expect(verdictText({ origin: "hardware", verdict: "No gain over the twin." })).toBe("HARDWARE: No gain over the twin.");
  });

  it("ranks by NRMSE with unscored rows last", () => {
    const rows = [{ nrmse: Number.NaN }, { nrmse: 1 }, { nrmse: 0.1 }];
    expect(ranked(rows).map(({ nrmse }) => nrmse)).toEqual([0.1, 1, Number.NaN]);
  });
});
