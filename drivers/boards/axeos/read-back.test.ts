import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AxeOsInfo, axeOsInfo } from "./info.ts";
import { judgeReadBack, readBackText } from "./read-back.ts";

const info = (fields: Record<string, unknown> = {}): AxeOsInfo =>
  axeOsInfo.parse({
    ASICModel: "BM1366",
    uptimeSeconds: 100,
    frequency: 400,
    coreVoltage: 1100,
    actualFrequency: 400,
    coreVoltageActual: 1090,
    fanspeed: 50,
    ...fields,
  });
const asked = { frequencyMhz: 500, coreVoltageMv: 1200 };
const done = { frequency: 500, coreVoltage: 1200, actualFrequency: 500, coreVoltageActual: 1188, uptimeSeconds: 110 };
const question = { asked, before: info(), now: info(done), elapsedS: 10, sinceRestartS: null };

describe("a read-back", () => {
  it("agrees when setting and measurement are what was asked for, and time went on", () => {
    expect(judgeReadBack(question)).toMatchObject({ agrees: true, uptime: "running" });
  });

  it.each([
    ["a setting that is repeated while the core stays at its voltage", { coreVoltageActual: 1010 }],
    ["a clock that stays", { actualFrequency: 400 }],
    ["a setting that was not taken, though it happens to measure right", { coreVoltage: 1100 }],
  ])("disagrees with %s", (_, fields) => {
    const readBack = judgeReadBack({ ...question, now: info({ ...done, ...fields }) });
    expect(readBack.agrees).toBe(false);
    expect(readBackText(readBack)).toMatch(/asked for/);
  });

  it("takes an echo for a proof only after a restart", () => {
    const now = info({ ...done, actualFrequency: undefined, coreVoltageActual: undefined });
    expect(judgeReadBack({ ...question, now })).toMatchObject({ agrees: false, knobs: [{ evidence: "echo" }, { evidence: "echo" }] });
    const restarted = { ...question, now: { ...now, uptimeS: 4 }, sinceRestartS: 10 };
    expect(judgeReadBack(restarted)).toMatchObject({ agrees: true, uptime: "restarted" });
    expect(judgeReadBack({ ...restarted, now: { ...now, uptimeS: 110 } })).toMatchObject({ agrees: false, uptime: "not-restarted" });
  });

  it("disagrees with all that is old, too early, or from after a restart nobody asked for", () => {
    const uptime = (uptimeSeconds: number, elapsedS: number) =>
      judgeReadBack({ ...question, now: info({ ...done, uptimeSeconds }), elapsedS });
    expect(uptime(100, 10)).toMatchObject({ agrees: false, uptime: "stale" });
    expect(uptime(101, 1)).toMatchObject({ agrees: false, uptime: "too-early" });
    expect(uptime(3, 10)).toMatchObject({ agrees: false, uptime: "restarted" });
    // Started a second before it was first looked at, it restarted three seconds later: its uptime is greater than it was.
    const young = { ...question, before: info({ uptimeSeconds: 1 }), now: info({ ...done, uptimeSeconds: 7 }), elapsedS: 10 };
    expect(judgeReadBack(young)).toMatchObject({ agrees: false, uptime: "stale" });
  });

  it("never agrees with a frequency or voltage further off than the tolerance", () => {
    fc.assert(
      fc.property(fc.integer({ min: -300, max: 300 }), fc.integer({ min: -150, max: 150 }), (offMv, offMhz) => {
        const now = info({ ...done, coreVoltageActual: 1200 + offMv, actualFrequency: 500 + offMhz });
        expect(judgeReadBack({ ...question, now }).agrees).toBe(Math.abs(offMv) <= 40 && Math.abs(offMhz) <= 5);
      }),
    );
  });
});

describe("the state of a miner", () => {
  it("is null where a sensor is off, missing, or says so by -1", () => {
    expect(info({ temp: -1, temp2: undefined, vrTemp: -1, power: undefined })).toMatchObject({
      chipTempC: null,
      regulatorTempC: null,
      powerMw: null,
    });
    expect(info({ temp: 40, temp2: 44 }).chipTempC).toBe(44);
  });

  it("reads difficulties of old firmware as numbers", () => {
    expect(info({ bestDiff: "1.25M" }).bestDifficulty).toBe(1_250_000);
    expect(info({ bestDiff: 77 }).bestDifficulty).toBe(77);
    expect(() => info({ bestDiff: "much" })).toThrow();
  });

  it("is refused whole when a field that matters is missing or no number", () => {
    for (const fields of [{ uptimeSeconds: undefined }, { frequency: "400" }, { coreVoltage: 0 }, { actualFrequency: "fast" }])
      expect(() => info(fields)).toThrow();
  });
});
