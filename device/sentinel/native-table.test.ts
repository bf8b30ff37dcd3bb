/** The TypeScript table and the native one are written twice: they must agree on every state. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { S9_LIMITS } from "../../drivers/boards/s9-limits.ts";
import { nativeTable } from "../../drivers/native/watchdog.ts";
import { decide } from "./decide.ts";
import { type SentinelLimits, sentinelLimits } from "./limits.ts";
import { inWords, passing, tableLimits } from "./native-table.ts";
import { initialState, noteSupply, observe, type SentinelState } from "./observe.ts";
import { BITAXE_LIMITS, ms, NOW, readings } from "./readings.test-support.ts";

const BLIND_MS = 10_000;

/** Values near every limit as often as far from them. */
const near = (...limits: number[]) =>
  fc.option(
    fc.oneof(
      fc.constantFrom(...limits),
      fc.double({ min: -50, max: 200, noNaN: true }),
      fc.tuple(fc.constantFrom(...limits), fc.double({ min: 0.9, max: 1.1, noNaN: true })).map(([limit, factor]) => limit * factor),
    ),
    { nil: null },
  );

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("look" as const),
      chipTempC: near(75, 110, -30, 60),
      boardTempC: near(90),
      regulatorTempC: near(105),
      powerMw: near(25_000, 460_000),
      inputCurrentMa: near(5_560),
      coreVoltageMv: near(1080, 1320, 1430, 1200, 9400, 10_340),
      fanRpm: near(100, 4000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("warm" as const), riseCPerS: fc.double({ min: -2, max: 20, noNaN: true }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("supply" as const), on: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("voltage" as const), mv: near(1200, 1300, 9300, 8700) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("clock" as const), mhz: near(485, 575, 581, 587, 675) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("fan" as const), percent: near(20, 100) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function compare(limits: SentinelLimits, steps: readonly { what: Step; gapMs: number }[]): string[] {
  const native = nativeTable(tableLimits(limits, BLIND_MS));
  let state: SentinelState = initialState({ sensesUnpowered: true, blindMs: BLIND_MS });
  let nowNs = NOW;
  const rules: string[] = [];
  for (const { what, gapMs } of steps) {
    nowNs += ms(gapMs);
    let isNew = what.kind === "look" || what.kind === "warm";
    if (what.kind === "look") {
      const { kind: _, ...change } = what;
      state = observe(state, readings({ ...change, atNs: nowNs }), limits);
    } else if (what.kind === "warm") {
      // The first of these is a look of its own, so that both sides see as many.
      const tempC = (state.readings?.chipTempC ?? 40) + (what.riseCPerS * gapMs) / 1000;
      state = observe(state, readings({ chipTempC: tempC, regulatorTempC: 50, atNs: nowNs }), limits);
    } else if (what.kind === "supply") state = noteSupply(state, what.on ? nowNs : null);
    else if (what.kind === "voltage") state = { ...state, coreVoltageSet: what.mv === null ? null : { mv: what.mv, atNs: nowNs } };
    else if (what.kind === "clock") state = { ...state, frequencyMhz: what.mhz };
    else if (what.kind === "fan") state = { ...state, fanPercent: what.percent };
    else isNew = false;
    const { action, rule } = decide(state, limits, nowNs);
    const found = inWords(native(passing(state, isNew, nowNs)));
    if (found.action !== action || found.rule !== rule) expect(found).toEqual({ action, rule });
    rules.push(rule);
  }
  return rules;
}

describe("the native table", () => {
  const boards = [BITAXE_LIMITS, sentinelLimits(S9_LIMITS, "s9-hashboard")];
  it("decides as the TypeScript one, state after state, and every rule comes up", () => {
    const met = new Set<string>();
    const history = fc.array(fc.record({ what: step, gapMs: fc.oneof(fc.constant(100), fc.integer({ min: 1, max: 4000 })) }), {
      minLength: 5,
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.constantFrom(...boards), history, (limits, steps) => {
        for (const rule of compare(limits, [{ what: { kind: "supply", on: true }, gapMs: 1 }, ...steps])) met.add(rule);
      }),
      { numRuns: 5000 },
    );
    expect([...met].sort()).toEqual(
      expect.arrayContaining([
        "over-temperature-chip",
        "core-voltage-low",
        "set-point-envelope",
        "temperature-unknown",
        "readings-stale",
        "ok",
      ]),
    );
  }, 120_000);

  it("tells a rise the same way", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ riseCPerS: fc.double({ min: 0, max: 16, noNaN: true }), gapMs: fc.integer({ min: 50, max: 900 }) }), {
          minLength: 20,
          maxLength: 60,
        }),
        (warmings) => {
          compare(BITAXE_LIMITS, [
            { what: { kind: "supply", on: true }, gapMs: 1 },
            ...warmings.map(({ riseCPerS, gapMs }) => ({ what: { kind: "warm" as const, riseCPerS }, gapMs })),
          ]);
        },
      ),
      { numRuns: 2000 },
    );
  }, 120_000);

  it("refuses what is no limit", () => {
    const good = tableLimits(BITAXE_LIMITS, BLIND_MS);
    expect(() => nativeTable({ ...good, debounceMs: good.debounceMs.slice(1) })).toThrow(TypeError);
    expect(() => nativeTable({ ...good, numbers: [Number.NaN, ...good.numbers.slice(1)] })).toThrow(TypeError);
    expect(() => nativeTable({ ...good, numbers: good.numbers.slice(1) })).toThrow(RangeError);
  });
});
