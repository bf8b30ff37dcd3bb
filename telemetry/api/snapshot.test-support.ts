/** Every topic said once, optional parts included, so that a snapshot has nothing empty. */
import type { Hub } from "../hub.ts";
import type { ControlScore, NarmaReport, SweepPoint } from "../messages.ts";

const counts = { valid: 1, invalid: 2, stale: 3, duplicate: 4, "unknown-job": 5 };
const setPoint = { coreVoltageMv: 1200, frequencyMhz: 485, ticketDifficulty: 256 };
const score: ControlScore = { name: "taps", description: "linear taps", features: 9, nrmse: 0.4, rmseOverRange: 0.1 };

const point: SweepPoint = {
  ...setPoint,
  index: 0,
  total: 2,
  status: "done",
  reason: null,
  seconds: 3,
  nonces: counts,
  hashRateGhs: 430,
  expectedGhs: 433,
  powerW: null,
  chipTempC: 51,
  joulesPerTerahash: null,
  cv: 1.01,
  cvBand: [0.9, 1.1],
  invalidShare: { share: 0.1, low: 0, high: 0.2 },
  joulesPerTerahashInterval: [20, 30],
  cvNull: { deadTimeMs: 1, cv: 1, band: [0.9, 1.1] },
  regime: "healthy",
  regimeReason: "few are invalid",
  settle: { ms: 100, settled: true, why: "steady" },
  stoppedBy: "dwell",
  measuredIn: 1,
};

const report: NarmaReport = {
  origin: "twin",
  runId: 1,
  task: "narma10",
  seed: 42,
  redraws: 0,
  washout: 10,
  train: 20,
  test: 3,
  stepMs: 80,
  mode: { name: "monologue", words: "voltage", hostMemory: { lag: 0, recursive: false, words: "none" } },
  featuresUsed: ["count"],
  featuresRefused: [{ name: "power", reason: "no sensor" }],
  substrate: score,
  controls: [score],
  tapsByCount: [score],
  excluded: { train: 0, test: 1, reasons: [{ reason: "read back", steps: 1 }] },
  beatsTaps: { answer: false, taps: 9, substrateNrmse: 0.9, tapsNrmse: 0.4, dmStatistic: -3, pValue: 0.99 },
  beatsInputOnly: { answer: false, inputNrmse: 0.8, pValue: 0.7 },
  verdict: "It does not beat the taps.",
  test_y: [0.1, 0.2, 0.3],
  predicted: [0.2, 0.2, 0.2],
};

export function aSnapshotOfEverything(hub: Hub): void {
  hub.publish("state", { state: "running", stateReason: "at the set-point" });
  hub.publish("board", { model: "bitaxe-ultra", chips: 1, chipId: "0x1366", regulator: "ds4432u" });
  hub.publish("setPoint", setPoint);
  hub.publish("readings", {
    wallMs: 1,
    coreVoltageMv: 1198,
    inputVoltageMv: 5000,
    inputCurrentMa: null,
    powerW: 11.5,
    chipTempC: 52.5,
    boardTempC: null,
    regulatorTempC: 61,
    fanRpm: 4200,
    fanPercent: 55,
    hashRateGhs: 430.5,
    expectedGhs: 433.7,
  });
  hub.publish("totals", counts);
  hub.publish("run", { id: 1, kind: "sweep", origin: "twin", status: "running", startedWallMs: 1, endedWallMs: null, note: "" });
  hub.publish("activity", { label: "sweep", done: 1, total: 2 });
  hub.publish("sweepPoint", point);
  hub.publish("narma", { done: 1, total: 33, washout: 10, recent: [{ step: 1, u: 0.2, y: 0.3, nonces: 12 }] });
  hub.publish("report", report);
  hub.publish("event", { wallMs: 1, level: "warning", source: "test", text: "something" });
  hub.publish("safety", {
    action: "none",
    rule: "none",
    reason: "all is well",
    margins: [{ name: "chip temperature", value: null, limit: 75, unit: "°C" }],
  });
}
