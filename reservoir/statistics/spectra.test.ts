import { describe, expect, it } from "vitest";
import { gaussian, lcg32, splitmix64 } from "../../common/random.ts";
import { expectRelative, haveOracle, oracle } from "../oracle.test-support.ts";
import { fourier } from "./fourier.ts";
import { highestPeak, lombScarglePower } from "./lomb-scargle.ts";
import { exponentials } from "./monte-carlo.ts";
import { hTest, rayleighP, strongestHarmonic, strongestLine, zSquared } from "./periodicity.ts";

function eventTimes(n: number, seed: number): Float64Array {
  let time = 0;
  return exponentials(n, splitmix64(seed)).map((interval) => {
    time += interval;
    return time;
  });
}

it.skipIf(!haveOracle)("Rayleigh's Z of the oracle's events", () => {
  const { freqs, Z1 } = oracle<{ rayleigh: { freqs: number[]; Z1: number[] } }>("periodicity").rayleigh;
  const random = lcg32(99);
  let time = 0;
  const times = Float64Array.from({ length: 2000 }, () => {
    time += -Math.log(1 - random.next());
    return time;
  });
  freqs.forEach((frequency, i) => {
    expectRelative(zSquared(times, frequency), Z1[i] as number, 1e-9);
  });
});

describe("fourier", () => {
  it.each([1, 2, 3, 7, 8, 12, 64, 97, 100, 1000])("of %d numbers is the sum it is defined as, and comes back", (n) => {
    const noise = gaussian(splitmix64(n));
    const re = Float64Array.from({ length: n }, noise);
    const im = Float64Array.from({ length: n }, noise);
    const [fr, fi] = [re.slice(), im.slice()];
    fourier(fr, fi);
    for (const k of new Set([0, 1 % n, n >> 1, n - 1])) {
      let [c, s] = [0, 0];
      for (let j = 0; j < n; j++) {
        const angle = (-2 * Math.PI * ((j * k) % n)) / n;
        c += (re[j] as number) * Math.cos(angle) - (im[j] as number) * Math.sin(angle);
        s += (re[j] as number) * Math.sin(angle) + (im[j] as number) * Math.cos(angle);
      }
      expect(Math.hypot((fr[k] as number) - c, (fi[k] as number) - s)).toBeLessThan(1e-10 * n);
    }
    fourier(fr, fi, "backward");
    for (let j = 0; j < n; j++)
      expect(Math.hypot((fr[j] as number) - (re[j] as number), (fi[j] as number) - (im[j] as number))).toBeLessThan(1e-11 * n);
  });
});

describe("lines in event times", () => {
  it("Rayleigh's p is uniform for a constant rate", () => {
    const p = Array.from({ length: 400 }, (_, seed) => {
      const random = splitmix64(seed + 1);
      return rayleighP(
        zSquared(
          Float64Array.from({ length: 50 }, () => random.next()),
          7,
        ),
        50,
      );
    });
    // 5 % of 400: 20 with a standard deviation of 4.4.
    expect(Math.abs(p.filter((value) => value < 0.05).length - 20)).toBeLessThan(18);
    expect(Math.abs(p.filter((value) => value < 0.5).length - 200)).toBeLessThan(40);
  });

  it("the search's corrected p holds its level over a whole band", () => {
    let found = 0;
    for (let seed = 1; seed <= 200; seed++) if (strongestLine(eventTimes(400, seed), 0.05, 0.3).pGlobal < 0.05) found++;
    // At most 5 %: 10 of 200 with a standard deviation of 3.1; far fewer would mean that the correction is too harsh.
    expect(found).toBeLessThan(20);
    expect(found).toBeGreaterThan(2);
  });

  it("finds a line of 30 % depth where it is", () => {
    const random = splitmix64(31);
    const times = [...eventTimes(3000, 30)].filter((t) => random.next() < (1 + 0.3 * Math.sin(2 * Math.PI * 0.17 * t)) / 1.3);
    const line = strongestLine(times, 0.05, 0.4);
    expect(line.pGlobal).toBeLessThan(1e-6);
    expect(Math.abs(line.frequency - 0.17)).toBeLessThan(1 / (times.at(-1) as number));
  });

  it("the strongest harmonic is the largest Z of whole cycles per record", () => {
    const times = eventTimes(300, 14);
    const length = (times[299] as number) - (times[0] as number);
    const { cycles, z1 } = strongestHarmonic(times, 3, 40);
    const direct = Array.from({ length: 38 }, (_, i) => zSquared(times, (i + 3) / length));
    expect(z1).toBeCloseTo(Math.max(...direct), 8);
    expect(cycles).toBe(direct.indexOf(Math.max(...direct)) + 3);
  });

  it("H finds a narrow pulse that the first harmonic alone can miss", () => {
    const random = splitmix64(12);
    const pulses = Float64Array.from({ length: 300 }, (_, i) => i + (random.next() < 0.3 ? 0.02 * random.next() : random.next()));
    const { pValue, harmonics } = hTest(pulses, 1);
    expect(pValue).toBeLessThan(1e-6);
    expect(harmonics).toBeGreaterThan(3);
  });
});

describe("Lomb and Scargle", () => {
  it("is the share of variance that a sine explains", () => {
    const random = splitmix64(2);
    const times = Float64Array.from({ length: 200 }, () => 50 * random.next());
    const pure = times.map((t) => 5 + 2 * Math.sin(2 * Math.PI * 0.7 * t + 1));
    expect(lombScarglePower(times, pure, 0.7)).toBeCloseTo(1, 9);
    expect(lombScarglePower(times, pure, 1.9)).toBeLessThan(0.1);
    expect(lombScarglePower(times, new Float64Array(200).fill(3), 0.7)).toBe(0);
  });

  it("its false-alarm probability holds: noise has a 5 % peak in at most 5 % of cases", () => {
    let alarms = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const random = splitmix64(seed);
      const noise = gaussian(splitmix64(seed + 1000));
      const times = Float64Array.from({ length: 60 }, () => 20 * random.next());
      if (highestPeak(times, Float64Array.from({ length: 60 }, noise), 0.1, 3).falseAlarm < 0.05) alarms++;
    }
    expect(alarms).toBeLessThan(20);
    expect(alarms).toBeGreaterThan(1);
  });

  it("finds a weak sine in noise, and refuses too little data", () => {
    const random = splitmix64(8);
    const noise = gaussian(splitmix64(9));
    const times = Float64Array.from({ length: 500 }, () => 100 * random.next());
    const peak = highestPeak(
      times,
      times.map((t) => 0.5 * Math.sin(2 * Math.PI * 2.4 * t) + noise()),
      0.1,
      5,
    );
    expect(Math.abs(peak.frequency - 2.4)).toBeLessThan(0.01);
    expect(peak.falseAlarm).toBeLessThan(1e-4);
    expect(() => highestPeak([1, 2], [1, 2], 0.1, 1)).toThrow(/2 times/);
  });
});
