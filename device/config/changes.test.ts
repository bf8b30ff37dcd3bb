import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changesBetween, changeText } from "./changes.ts";
import { LEAVES } from "./leaf.ts";
import { parseConfig } from "./load.ts";
import type { Config } from "./schema.ts";

const RUNNING = parseConfig("origin: twin\nboard: { kind: bitaxe-ultra, control: a, data: b }\nlimits: { maxPowerW: 20 }\n", "x");
const withLimits = (limits: Config["limits"]): Config => ({ ...RUNNING, limits });

describe("changes of a running configuration", () => {
  it("the same configuration has none", () => {
    expect(changesBetween(RUNNING, structuredClone(RUNNING))).toEqual({ live: [], restart: [], next: RUNNING });
  });

  it("a live key is taken, another one needs a restart and stays", () => {
    const wanted = { ...RUNNING, mqtt: { ...RUNNING.mqtt, base: "here" }, api: { ...RUNNING.api, port: 1 } };
    const { live, restart, next } = changesBetween(RUNNING, wanted);
    expect(live).toEqual([{ key: "mqtt.base", before: "asic-reservoir", after: "here" }]);
    expect(restart).toEqual([{ key: "api.port", before: 8366, after: 1, why: "needs a restart" }]);
    expect(next).toEqual({ ...RUNNING, mqtt: wanted.mqtt });
  });

  it.each([
    ["a lower maximum", { maxPowerW: 18 }, true],
    ["a higher maximum", { maxPowerW: 22 }, false],
    ["no maximum any more", {}, false],
    ["a maximum where the board's own held", { maxPowerW: 20, maxChipTempC: 60 }, true],
    ["a minimum where the board's own held", { maxPowerW: 20, minFrequencyMhz: 400 }, true],
  ])("%s: taken %#", (_, limits, taken) => {
    const { live, restart, next } = changesBetween(RUNNING, withLimits(limits));
    expect([live.length, restart.length]).toEqual(taken ? [1, 0] : [0, 1]);
    expect(next.limits).toEqual(taken ? limits : RUNNING.limits);
  });

  it("a minimum is tighter when it is higher", () => {
    const low = withLimits({ minFrequencyMhz: 400 });
    expect(changesBetween(low, withLimits({ minFrequencyMhz: 450 })).live).toHaveLength(1);
    expect(changesBetween(low, withLimits({ minFrequencyMhz: 350 })).restart).toHaveLength(1);
  });

  it("no sequence of files makes a running limit looser", () => {
    const keys = LEAVES.filter(({ live }) => live === "tighter").map(({ path }) => path[1] as keyof Config["limits"]);
    expect(keys.length).toBe(7);
    const limits = fc.dictionary(fc.constantFrom(...keys), fc.integer({ min: 0, max: 100 }));
    fc.assert(
      fc.property(fc.array(limits, { minLength: 1, maxLength: 6 }), (files) => {
        let running = withLimits({});
        for (const file of files) {
          const { next } = changesBetween(running, withLimits(file));
          for (const key of keys) {
            const [before, after] = [running.limits[key], next.limits[key]];
            if (before === undefined) continue;
            expect(after).toBeDefined();
            expect(key.startsWith("min") ? (after as number) >= before : (after as number) <= before).toBe(true);
          }
          running = next;
        }
      }),
    );
  });

  it("read as a sentence", () => {
    expect(changeText({ key: "limits.maxPowerW", before: undefined, after: 18 })).toBe("limits.maxPowerW: null becomes 18");
  });
});
