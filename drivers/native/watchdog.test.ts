/** The watchdog as JavaScript has it; what its thread does is tested in watchdog_test.cc and, on a twin, in test/hil/safety.test.ts. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type SafeStep, startWatchdog, type TableLimits, type WatchdogReport } from "./watchdog.ts";

const folder = mkdtempSync(path.join(tmpdir(), "asic-watchdog-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const bytes = (text: string) => new TextEncoder().encode(text);

/** A GPIO's value file: high. */
function gpio(name: string): { file: string; step: SafeStep } {
  const file = path.join(folder, name);
  writeFileSync(file, "1");
  return { file, step: { what: "reset low", way: "file", path: file, write: bytes("0"), expect: bytes("0") } };
}

const LIMITS: TableLimits = {
  numbers: [25_000, 75, 105, 90, 5_560, 8, 2_000, -30, 100, 20, 1_300, 575, 10_000, 2_000, 100, 0.1, 0.01],
  debounceMs: Array<number>(12).fill(500),
  caps: [],
};
const PASS = { nowNs: 1n, energisedNs: 1n, readings: null, coreVoltageSet: null, frequencyMhz: null, fanPercent: null };

describe("a native watchdog", () => {
  it("carries its sequence out when nobody renews it, and tells when and why", async () => {
    const { file, step } = gpio("expires");
    const reports: WatchdogReport[] = [];
    const watchdog = startWatchdog({ fd: null, steps: [step], limits: LIMITS, leaseMs: 50, onChange: (report) => reports.push(report) });
    await expect.poll(() => reports.at(-1)?.off, { timeout: 60_000 }).toBe(true);
    expect(readFileSync(file, "utf8")).toBe("0");
    expect(reports.at(-1)).toMatchObject({ cause: "lease-expired", rounds: 1, failed: "" });
    expect(watchdog.renew(1000, PASS).renewed).toBe(false);
    watchdog.disarm();
    expect([watchdog.report(), watchdog.renew(1000, PASS).renewed]).toEqual([null, false]);
  });

  it("leaves the board alone while it is renewed, and when it is disarmed", () => {
    const { file, step } = gpio("renewed");
    const watchdog = startWatchdog({ fd: null, steps: [step], limits: LIMITS, leaseMs: 60_000, onChange: () => {} });
    expect(watchdog.renew(60_000, PASS)).toMatchObject({ renewed: true, action: 1 });
    watchdog.disarm();
    watchdog.disarm();
    expect(readFileSync(file, "utf8")).toBe("1");
  });

  it.each([
    ["a descriptor that is none", { fd: 9999 }],
    ["no steps", { steps: [] }],
    ["a lease of nothing", { leaseMs: 0 }],
    ["too few limits", { limits: { ...LIMITS, debounceMs: [] } }],
  ])("does not start with %s", (_, change) => {
    const { step } = gpio("refused");
    expect(() => startWatchdog({ fd: null, steps: [step], limits: LIMITS, leaseMs: 1000, onChange: () => {}, ...change })).toThrow(
      expect.objectContaining({ code: "WATCHDOG_REFUSED" }),
    );
  });

  it("has a last word when the process ends while it is armed", () => {
    const { file } = gpio("ends");
    const program = `
      import { startWatchdog } from ${JSON.stringify(new URL("./watchdog.ts", import.meta.url).href)};
      const bytes = (text) => new TextEncoder().encode(text);
      const step = { what: "reset low", way: "file", path: ${JSON.stringify(file)}, write: bytes("0"), expect: bytes("0") };
      startWatchdog({ fd: null, steps: [step], limits: ${JSON.stringify(LIMITS)}, leaseMs: 60000, onChange: () => {} });
      process.exit(7);`;
    const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], { encoding: "utf8" });
    expect(status, stderr).toBe(7);
    expect(readFileSync(file, "utf8")).toBe("0");
  });
});
