import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitmix64 } from "../../../../common/random.ts";
import { differences, nonceFigures, wilson } from "./compare.ts";
import { clocksOf, type ResultRow, verdictsOf } from "./verdicts.ts";

const row = (kind: string, value: unknown): ResultRow => ({ runId: 7, kind, origin: "twin", wallMs: 0, value });

describe("verdicts", () => {
  it("name the run, the row, the answer and the p-value, with every control as evidence", () => {
    const [verdict] = verdictsOf([
      row("narma10-steps", {}),
      row("narma10-report", {
        verdict: "On a digital twin: no.",
        substrate: { name: "twin", features: 20, nrmse: 0.9, rmseOverRange: 0.2 },
        controls: [{ name: "30 taps", features: 30, nrmse: 0.4, rmseOverRange: 0.1 }],
        beatsTaps: { answer: false, taps: 30, substrateNrmse: 0.9, tapsNrmse: 0.4, dmStatistic: 3, pValue: 0.98 },
        beatsInputOnly: { answer: false, inputNrmse: 0.88, pValue: 0.9 },
      }),
    ]);
    expect(verdict).toMatchObject({
      runId: 7,
      row: 2,
      origin: "twin",
      answer: "no",
      holds: false,
      pValue: 0.98,
      sentence: "On a digital twin: no.",
    });
    expect(verdict?.evidence[0]?.rows.map(([name, , nrmse]) => [name, nrmse])).toEqual([
      ["twin", "0.900"],
      ["30 taps", "0.400"],
    ]);
  });

  it("a study that cannot tell neither holds nor fails; a control that was not run says why", () => {
    const controls = [
      { name: "constant", origin: "software", measure: "NRMSE", score: null, substrate: 0.9, holds: null, note: "no rows" },
    ];
    const of = (answer: string) =>
      verdictsOf([row("computes-report", { answer, verdict: "", controls, sessions: [{ tier: "none", invalid: ["x"] }] })])[0];
    expect(["reproduced", "refuted", "trivially true", "not testable with these data"].map((answer) => of(answer)?.holds)).toEqual([
      true,
      false,
      false,
      null,
    ]);
    expect(of("refuted")?.evidence[0]?.rows[0]?.at(-1)).toBe("not run: no rows");
  });

  it("chip clocks are the last ones stored; what is not a number is not known", () => {
    const chips = [
      { chip: 0, nonces: 9, ppm: 2, ppmInterval: [1, 3], jitterNs: 5 },
      { chip: 1, ppm: null, ppmInterval: [1] },
    ];
    const found = clocksOf([row("chip-clocks", { chips: [] }), row("chip-clocks", { chips })]);
    expect(found?.map(({ ppm, ppmInterval }) => [ppm, ppmInterval])).toEqual([
      [2, [1, 3]],
      [null, null],
    ]);
    expect(clocksOf([row("edge", {})])).toBeNull();
  });

  it("whatever a record holds, each row has as many cells as there are columns", () => {
    const kinds = fc.constantFrom("narma10-report", "computes-report", "experiment-report", "edge", "other");
    const field = fc.constantFrom(
      "controls",
      "substrate",
      "sessions",
      "scores",
      "beatsTaps",
      "chips",
      "study",
      "gain",
      "verdict",
      "answer",
    );
    const value = fc.dictionary(field, fc.oneof(fc.jsonValue(), fc.array(fc.object()), fc.object()));
    fc.assert(
      fc.property(fc.array(fc.tuple(kinds, fc.oneof(value, fc.jsonValue()))), (results) => {
        for (const { evidence } of verdictsOf(results.map(([kind, one]) => row(kind, one))))
          for (const { columns, rows } of evidence) for (const cells of rows) expect(cells).toHaveLength(columns.length);
      }),
    );
  });
});

describe("comparison of two runs", () => {
  it("finds every value that differs and none that does not", () => {
    const tree = fc.object({ maxDepth: 3, withNullPrototype: false });
    fc.assert(
      fc.property(tree, (one) => {
        expect(differences(one, structuredClone(one))).toEqual([]);
      }),
    );
    expect(differences({ plan: { seed: 1, taps: [1, 2] }, same: 3 }, { plan: { seed: 2, taps: [1] }, same: 3, more: null })).toEqual([
      { path: "more", a: null, b: "null" },
      { path: "plan.seed", a: "1", b: "2" },
      { path: "plan.taps", a: "[1,2]", b: "[1]" },
    ]);
  });

  it("figures of nonces are those of the valid ones, by times too long for a double", () => {
    const random = splitmix64(3);
    const start = 9_007_199_254_740_993n;
    let t = start;
    const tNs: string[] = [];
    for (let i = 0; i < 2001; i++) {
      tNs.push(String(t));
      t += BigInt(Math.round(-Math.log(1 - random.next()) * 1e7));
    }
    const status = tNs.map((_, i) => (i % 10 === 5 ? 1 : 0));
    const found = nonceFigures({ columns: { tNs, status, residualNs: tNs.map((_, i) => (i % 2 ? 2e6 : 1e6)) } });
    expect(found?.perSecond).toBeCloseTo(90, -1);
    expect(found?.invalidShare?.share).toBeCloseTo(0.1, 2);
    expect(found?.cv?.mean).toBeCloseTo(1, 0);
    expect(found?.residual?.medianMs).toBeGreaterThanOrEqual(1);
    for (const none of [null, {}, { columns: { tNs: [], status: [], residualNs: [] } }]) expect(nonceFigures(none)).toBeNull();
  });

  it("the interval of a share holds it and stays within 0 and 1", () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 1000 }), (some, of) => {
        const hits = some % (of + 1);
        const { share, low, high } = wilson(hits, of) as NonNullable<ReturnType<typeof wilson>>;
        expect(low >= 0 && low <= share + 1e-12 && share <= high + 1e-12 && high <= 1).toBe(true);
      }),
    );
    // Newcombe 1998, table I: 15 of 148.
    expect(wilson(15, 148)?.low).toBeCloseTo(0.0624, 3);
    expect(wilson(15, 148)?.high).toBeCloseTo(0.1605, 3);
    expect(wilson(0, 0)).toBeNull();
  });
});
