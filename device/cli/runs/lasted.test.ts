import { expect, it } from "vitest";
import { lasted, lastedByAnchors } from "./lasted.ts";

const anchor = (monotonicNs: string, stepped: boolean) => ({ kind: "clock-anchor", value: { monotonicNs, stepped } });
const anHourBack = { startedWallMs: 3_600_000, endedWallMs: 35_100, status: "stopped" };

it("a run is as long as the wall clock says, and of unknown length where that was set back", () => {
  expect(lasted({ startedWallMs: 1000, endedWallMs: 36_100 })).toBe("35.1 s");
  expect(lasted({ startedWallMs: 1000, endedWallMs: null })).toBe("–");
  expect(lasted(anHourBack)).toBe("unknown");
});

it("where the wall clock was set, the run's anchors tell by the clock that nobody sets", () => {
  const stepped = [anchor("5000000000", false), { kind: "wire", value: {} }, anchor("40100000000", true)];
  expect(lastedByAnchors(anHourBack, stepped)).toBe("35.1 s (the wall clock was set meanwhile)");
  expect(lastedByAnchors({ ...anHourBack, status: "interrupted" }, stepped)).toBe("at least 35.1 s (the wall clock was set meanwhile)");
  expect(lastedByAnchors({ ...anHourBack, endedWallMs: null }, stepped)).toBe("–");
  expect(lastedByAnchors({ ...anHourBack, startedWallMs: 1000 }, [anchor("0", false), anchor("9", false)])).toBe("34.1 s");
  expect(lastedByAnchors(anHourBack, [])).toBe("unknown");
});
