import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { splitmix64 } from "../../common/random.ts";
import { openStore } from "../../telemetry/store/client.ts";
import { newRun, numberedNonces } from "../../telemetry/store/rows.test-support.ts";
import { linearAxis, logAxis } from "./axis.ts";
import { PLOT } from "./figure.ts";
import { PLOT_KINDS, plot } from "./kinds.ts";
import { aRun, materialFrom, type Row } from "./material.test-support.ts";
import { materialOf } from "./material.ts";
import { chromiumIn, writePng } from "./png.ts";
import { reportOf } from "./report.ts";

const uniform = splitmix64(5).next;

/** A Poisson process with white residuals. */
function busy(count: number): Row[] {
  let tS = 0;
  return Array.from({ length: count }, (_, i) => {
    tS += -Math.log(1 - uniform()) / 10;
    return { tS, chip: i % 3, core: i % 112, status: i % 50 === 0 ? 1 : 0, residualNs: (uniform() - 0.5) * 1000 };
  });
}

const results = [
  { coreVoltageMv: 1100, frequencyMhz: 425, hashRateGhs: 380, status: "done", joulesPerTerahash: 25.4, regime: "healthy" },
  { coreVoltageMv: 1200, frequencyMhz: 575, hashRateGhs: null, status: "invalid", joulesPerTerahash: null },
].map((point) => ({ runId: 7, kind: "sweep-point", origin: "twin" as const, wallMs: 0, value: { expectedGhs: 400, ...point } }));
const score = { name: "rig <1>", description: "", features: 3, nrmse: 0.71, rmseOverRange: 0.1 };
const narmaResult = {
  runId: 7,
  kind: "narma10-report",
  origin: "twin" as const,
  wallMs: 0,
  value: {
    origin: "twin",
    test_y: [0.1, 0.4, 0.2],
    predicted: [0.2, 0.3, 0.2],
    substrate: score,
    controls: [score],
    beatsTaps: { taps: 9, tapsNrmse: 0.4 },
    verdict: "It does not beat 9 linear taps.",
  },
};
const everything = () => materialFrom(busy(3000), { results: [...results, narmaResult] });

describe("every figure", () => {
  test.each(PLOT_KINDS)("%s says its origin and run, is well formed, and keeps within the axes what it marks there", (kind) => {
    const svg = plot(kind, everything());
    expect(svg).toContain(">origin: twin</text>");
    expect(svg).toContain("Run 7, mining");
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    const open = [...svg.matchAll(/<(\w+)[^>]*?(\/?)>/g)].filter(([, , closed]) => closed === "").length;
    expect(open).toBe([...svg.matchAll(/<\/\w+>/g)].length);
  });

  test.each(PLOT_KINDS)("%s of a run that has nothing for it says so", (kind) => {
    expect(() => plot(kind, materialFrom([]))).toThrow(expect.objectContaining({ code: "NOTHING_TO_PLOT" }));
  });

  test("never has what is no number, whatever the run holds", () => {
    const row = fc.record({
      // Times are whole nanoseconds.
      tS: fc.integer({ min: 0, max: 1e14 }).map((ns) => ns / 1e9),
      chip: fc.nat(62),
      core: fc.nat(111),
      status: fc.nat(4),
      residualNs: fc.oneof(fc.integer({ min: -1e9, max: 1e9 }), fc.constant(Number.NaN), fc.constant(5)),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 400, size: "+1" }), (rows) => {
        const material = materialFrom(rows.toSorted((a, b) => a.tS - b.tS));
        for (const kind of PLOT_KINDS) {
          try {
            expect(plot(kind, material)).not.toMatch(/NaN|Infinity|undefined/);
          } catch (error) {
            expect(error).toMatchObject({ code: "NOTHING_TO_PLOT" });
          }
        }
      }),
      { numRuns: 30, interruptAfterTimeLimit: 8_000 },
    );
  });

  test("the raster shows every nonce that is not valid, however many valid ones there are", () => {
    const rows = Array.from({ length: 50_000 }, (_, i) => ({ tS: i / 1000, core: i % 112, status: i % 10_000 === 7 ? 1 : 0 }));
    const svg = plot("raster", materialFrom(rows));
    const [, wrong = ""] = /<path d="([^"]*)" stroke="#d55e00"/.exec(svg) ?? [];
    expect(wrong.match(/M/g)).toHaveLength(5);
    expect(svg).toContain("of the valid ones 1 in 3 is shown");
  });
});

test("the raster's lanes are whole numbers", () => {
  const svg = plot("raster", materialFrom([0, 1, 2, 3].map((chip) => ({ tS: chip, chip }))));
  const marks = [...svg.matchAll(/<text x="76"[^>]*>([^<]*)</g)].map(([, text]) => text);
  expect(marks).toEqual(["0", "1", "2", "3"]);
});

test("intervals that are all the same have a figure, too", () => {
  const svg = plot("interval", materialFrom(Array.from({ length: 100 }, (_, i) => ({ tS: i / 4 }))));
  expect(svg).not.toMatch(/NaN|Infinity|undefined|width="-/);
});

test("ticks lie within their axis, at round values, and the ends are where they are asked to be", () => {
  const ends = fc.tuple(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.double({ min: 1e-3, max: 1e6, noNaN: true }));
  fc.assert(
    fc.property(ends, ([from, span]) => {
      const axis = linearAxis({ label: "", from, upTo: from + span, pixels: [PLOT.left, PLOT.right] });
      expect(axis.at(from)).toBeCloseTo(PLOT.left, 3);
      expect(axis.at(from + span)).toBeCloseTo(PLOT.right, 3);
      expect(axis.ticks.length).toBeGreaterThan(1);
      expect(axis.ticks.length).toBeLessThan(12);
      expect(new Set(axis.ticks.map(axis.text)).size).toBe(axis.ticks.length);
    }),
  );
  const log = logAxis({ label: "", from: 0.5, upTo: 2000, pixels: [0, 100] });
  expect(log.ticks.map(log.text)).toEqual(["1", "10", "100", "1000"]);
});

test("a run's columns come out of the record as they went in, and a run longer than what fits says so", async () => {
  const folder = mkdtempSync(join(tmpdir(), "asic-plots-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const store = await openStore({ path: join(folder, "t.db"), inProcess: true, commitIntervalMs: 3_600_000 });
  onTestFinished(() => store.close());
  const id = await store.startRun(newRun);
  store.addNonces(id, numberedNonces(0, 5000));
  await store.flush();
  const run = await store.run(id);
  if (run === null) throw new Error("the run is there");
  const material = await materialOf(store, run);
  expect([material.rows, material.cut, material.tS[0]]).toEqual([5000, "", 0]);
  expect(material.tS[4999]).toBeCloseTo(4.999, 9);
  expect((await materialOf(store, { ...run, nonces: 6000 })).rows).toBe(5000);
  const part = await materialOf(store, run, 2000);
  expect([part.rows, part.cut]).toEqual([2000, "The first 2000 of 5000 nonces. "]);
});

describe("a report", () => {
  test("is one file without a script or a foreign address, says its origin, and escapes what people wrote", () => {
    const { html, plots } = reportOf(everything());
    expect(plots).toEqual(PLOT_KINDS);
    expect(html).toContain("origin: twin");
    expect(html).toContain("a &lt;note&gt; &amp; more");
    expect(html).toContain("rig &lt;1&gt;");
    expect(html).not.toMatch(/<script|https?:\/\/|<note>/);
    expect(html).toContain("It does not beat 9 linear taps.");
  });

  test("of a run with nothing in it names the figures that it cannot show", () => {
    const { html, plots } = reportOf(materialFrom([], { run: { ...aRun, origin: "hardware" } }));
    expect(plots).toEqual([]);
    for (const kind of PLOT_KINDS) expect(html).toContain(`No figure &quot;${kind}&quot;`);
    expect(html).toContain("origin: hardware");
  });
});

describe("a PNG", () => {
  test("without Chromium is refused, with what to do instead", async () => {
    const folder = mkdtempSync(join(tmpdir(), "asic-png-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    await expect(writePng("<svg/>", join(folder, "x.png"), folder)).rejects.toThrow(expect.objectContaining({ code: "CHROMIUM_MISSING" }));
    expect(existsSync(join(folder, "x.png"))).toBe(false);
  });

  test.skipIf(chromiumIn(process.env.PATH ?? "") === null)("is drawn by Chromium where there is one", { timeout: 90_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "asic-png-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "x.png");
    await writePng(plot("interval", everything()), file);
    expect(readFileSync(file).subarray(1, 4).toString()).toBe("PNG");
  });
});
