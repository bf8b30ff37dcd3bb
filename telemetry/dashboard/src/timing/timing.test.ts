import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitmix64 } from "../../../../common/random.ts";
import { allanOf, TAU0_S } from "./allan.ts";
import { CV_BANDS, cvBlocks } from "./cv-blocks.ts";
import { residualHistogram } from "./residuals.ts";
import { highestOf, significanceLine, spectrumOf, transform } from "./spectrum.ts";

/** Arrivals of a Poisson process, ms. */
function poisson(seed: number, perSecond: number, seconds: number): Float64Array {
  const random = splitmix64(seed);
  const times: number[] = [];
  let t = 0;
  while (t < seconds * 1000) {
    times.push(t);
    t += (-Math.log(1 - random.next()) * 1000) / perSecond;
  }
  return Float64Array.from(times);
}

function normal(seed: number, count: number): Float64Array {
  const random = splitmix64(seed);
  return Float64Array.from({ length: count }, () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next()));
}

describe("CV in blocks", () => {
  it.each([CV_BANDS[0], CV_BANDS[2]])("95 of 100 Poisson blocks of %d intervals lie in the band", (n, low, high) => {
    const random = splitmix64(7);
    const blocks = 4000;
    let inside = 0;
    for (let block = 0; block < blocks; block++) {
      let [sum, squares] = [0, 0];
      for (let i = 0; i < n; i++) {
        const x = -Math.log(1 - random.next());
        sum += x;
        squares += x * x;
      }
      const mean = sum / n;
      const cv = Math.sqrt((squares - n * mean * mean) / (n - 1)) / mean;
      if (cv >= low && cv <= high) inside++;
    }
    // Four standard errors of a share of 0.95.
    expect(Math.abs(inside / blocks - 0.95)).toBeLessThan(0.014);
  });

  it("a clock has 0 and bursts have more than chance", () => {
    const even = Float64Array.from({ length: 4000 }, (_, i) => i);
    expect(cvBlocks(even)?.cv.every((value) => value < 1e-9)).toBe(true);
    const bursts = Float64Array.from({ length: 4000 }, (_, i) => Math.floor(i / 10) * 100 + (i % 10) * 0.1);
    const found = cvBlocks(bursts);
    expect(found?.outside).toBe(found?.cv.length);
    expect(found?.cv.every((value) => value > 2)).toBe(true);
  });

  it("blocks end at the last event, are as long as their number allows, and there are none of too few", () => {
    const found = cvBlocks(poisson(3, 1000, 30));
    expect(found?.intervals).toBe(1024);
    expect(found?.endS.at(-1)).toBe(0);
    expect(cvBlocks(poisson(3, 2, 30))).toBeNull();
    expect(cvBlocks(new Float64Array(0))).toBeNull();
  });
});

describe("spectrum", () => {
  it("transform is the sum it stands for", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 16, maxLength: 16 }), (values) => {
        const [re, im] = [Float64Array.from(values), new Float64Array(16)];
        transform(re, im);
        for (let k = 0; k < 16; k++) {
          const sum = (of: (angle: number) => number) => values.reduce((all, x, i) => all + x * of((-2 * Math.PI * k * i) / 16), 0);
          expect(re[k]).toBeCloseTo(sum(Math.cos), 8);
          expect(im[k]).toBeCloseTo(sum(Math.sin), 8);
        }
      }),
    );
  });

  it("of chance is 1 on average, and its highest stays below the line in 99 of 100 cases", () => {
    let above = 0;
    for (let seed = 0; seed < 60; seed++) {
      const found = spectrumOf(poisson(seed, 300, 11));
      if (found === null) throw new Error("no spectrum");
      expect(found.power.reduce((sum, x) => sum + x, 0) / found.power.length).toBeGreaterThan(0.85);
      expect(found.power.reduce((sum, x) => sum + x, 0) / found.power.length).toBeLessThan(1.15);
      if (found.peak.significant) above++;
    }
    expect(above).toBeLessThanOrEqual(4);
  });

  it("finds the frequency at which a rate is modulated, and pooling keeps it", () => {
    const random = splitmix64(5);
    const times = poisson(9, 2000, 45).filter((t) => random.next() < 0.5 * (1 + 0.3 * Math.sin((2 * Math.PI * 50 * t) / 1000)));
    const found = spectrumOf(times);
    expect(found?.peak.significant).toBe(true);
    expect(found?.peak.hz).toBeCloseTo(50, 1);
    expect(found?.seconds).toBeCloseTo(40.96);
    const pooled = highestOf(found as NonNullable<typeof found>, 100);
    expect(pooled.power).toHaveLength(100);
    expect(Math.max(...pooled.power)).toBe(found?.peak.power);
  });

  it("the line rises with the number of frequencies", () => {
    expect(significanceLine(1)).toBeCloseTo(-Math.log(0.01));
    expect(significanceLine(8191)).toBeCloseTo(Math.log(8191 / -Math.log(0.99)), 3);
  });

  it("there is none of too short a time or too few events", () => {
    expect(spectrumOf(poisson(1, 300, 9))).toBeNull();
    expect(spectrumOf(poisson(1, 4, 15))).toBeNull();
  });
});

describe("Allan deviation of residuals", () => {
  const perSecond = 200;
  const times = Float64Array.from({ length: 60 * perSecond }, (_, i) => (i * 1000) / perSecond);

  it("of jitter alone falls as 1 / tau, on its own line", () => {
    const found = allanOf(times, normal(2, times.length));
    for (const [i, value] of (found?.deviation ?? []).slice(0, 6).entries()) {
      expect(value / (found?.jitterAlone[i] as number)).toBeGreaterThan(0.75);
      expect(value / (found?.jitterAlone[i] as number)).toBeLessThan(1.3);
    }
  });

  it("of a straight line, a clock that is merely off, is nothing; of a wandering one it leaves the line", () => {
    const straight = allanOf(
      times,
      times.map((t) => t * 1e-5 + 3),
    );
    expect(Math.max(...(straight?.deviation ?? [0]))).toBeLessThan(1e-12);
    const steps = normal(4, 600);
    let at = 0;
    const walk = steps.map((step) => {
      at += step;
      return at;
    });
    const jitter = normal(8, times.length);
    const wandering = allanOf(
      times,
      times.map((t, i) => (walk[Math.min(599, Math.floor(t / (1000 * TAU0_S)))] as number) + 0.1 * (jitter[i] as number)),
    );
    expect((wandering?.deviation.at(-1) as number) / (wandering?.jitterAlone.at(-1) as number)).toBeGreaterThan(20);
  });

  it("gaps and unknown residuals are left out, too little says nothing", () => {
    const holes = normal(2, times.length).map((x, i) => (i % 3 === 0 || (i > 2000 && i < 5000) ? Number.NaN : x));
    expect(allanOf(times, holes)?.deviation.every(Number.isFinite)).toBe(true);
    expect(allanOf(times.subarray(0, 100), normal(1, 100))).toBeNull();
    expect(allanOf(new Float64Array(0), new Float64Array(0))).toBeNull();
  });
});

describe("residual histogram", () => {
  it("counts every finite residual once, within or beyond", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constant(Number.NaN)), { maxLength: 300 }),
        (list) => {
          const found = residualHistogram(Float64Array.from(list));
          const finite = list.filter(Number.isFinite).length;
          if (found === null) return;
          expect(found.n).toBe(finite);
          expect(found.count.reduce((sum, x) => sum + x, 0) + found.beyond).toBe(finite);
        },
      ),
    );
  });

  it("knows middle and spread of a normal one", () => {
    const found = residualHistogram(normal(6, 20_000).map((x) => 5 + 2 * x));
    expect(found?.medianMs).toBeCloseTo(5, 0);
    expect(found?.spreadMs).toBeCloseTo(2, 1);
    expect(residualHistogram(new Float64Array(40))).toBeNull();
    expect(residualHistogram(new Float64Array(400))).toBeNull();
  });
});
