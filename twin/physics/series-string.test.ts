import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { S9_PARAMETERS } from "../parameters.ts";
import { leakageCurrent } from "./leakage.ts";
import { type SeriesLoads, solveSeries } from "./series-string.ts";

const law = S9_PARAMETERS.silicon;

function loadsOf(domains: readonly { dynamicS: number; leakage: number }[]): SeriesLoads {
  return {
    dynamicS: Float64Array.from(domains, (one) => one.dynamicS),
    leakage: Float64Array.from(domains, (one) => one.leakage),
    law,
  };
}

/** From a domain that hashes at 1 GHz and 200 C to one that is as good as cut off. */
const anyDomain = fc.record({
  dynamicS: fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 200, noNaN: true })),
  leakage: fc.double({ min: 1e-4, max: 200, noNaN: true }),
});
const anyDomains = fc.array(anyDomain, { minLength: 1, maxLength: 21 });
const anyVolts = fc.double({ min: 1e-3, max: 12, noNaN: true });
const anyStart = fc.array(fc.double({ min: 0, max: 12, noNaN: true }), { minLength: 21, maxLength: 21 });

describe("a string of domains", () => {
  it("carries one current at voltages that add up, whatever its domains draw and wherever the search starts", () => {
    fc.assert(
      fc.property(anyDomains, anyVolts, anyStart, (domains, totalV, start) => {
        const loads = loadsOf(domains);
        const { domainV, currentA } = solveSeries(loads, totalV, Float64Array.from(start.slice(0, domains.length)));
        expect(Math.abs(domainV.reduce((sum, volts) => sum + volts, 0) / totalV - 1)).toBeLessThan(1e-12);
        domains.forEach(({ dynamicS, leakage }, d) => {
          const volts = domainV[d] as number;
          expect(volts).toBeGreaterThan(0);
          const drawn = dynamicS * volts + leakage * leakageCurrent(law, volts).amps;
          expect(Math.abs(drawn / currentA - 1)).toBeLessThan(1e-7);
        });
      }),
      { numRuns: 500 },
    );
  });

  it("gives the same answer from every start: there is one only", () => {
    fc.assert(
      fc.property(anyDomains, anyVolts, anyStart, (domains, totalV, start) => {
        const loads = loadsOf(domains);
        const even = solveSeries(loads, totalV, new Float64Array(domains.length));
        const other = solveSeries(loads, totalV, Float64Array.from(start.slice(0, domains.length)));
        for (let d = 0; d < domains.length; d++)
          expect(Math.abs((other.domainV[d] as number) - (even.domainV[d] as number))).toBeLessThan(1e-8);
      }),
    );
  });

  it("gives a domain more of the voltage the less it draws, and all others less", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 0.95, noNaN: true }), fc.nat(20), (share, weak) => {
        const alike = { dynamicS: 84, leakage: 4 };
        const domains = Array.from({ length: 21 }, (_, d) => (d === weak ? { dynamicS: 84 * share, leakage: 4 } : alike));
        const { domainV } = solveSeries(loadsOf(domains), 8.8, new Float64Array(21));
        domainV.forEach((volts, d) => {
          if (d === weak) expect(volts).toBeGreaterThan(8.8 / 21);
          else expect(volts).toBeLessThan(8.8 / 21);
        });
      }),
    );
  });

  it("shares evenly between domains that are alike, and carries nothing without voltage", () => {
    const loads = loadsOf(Array.from({ length: 21 }, () => ({ dynamicS: 84, leakage: 4 })));
    for (const volts of solveSeries(loads, 8.4, new Float64Array(21)).domainV) expect(volts).toBeCloseTo(0.4, 12);
    expect(solveSeries(loads, 0, new Float64Array(21))).toEqual({ domainV: new Float64Array(21), currentA: 0 });
  });
});
