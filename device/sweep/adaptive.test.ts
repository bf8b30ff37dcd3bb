import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SetPoint, SweepPoint } from "../../telemetry/messages.ts";
import { mostAdaptive, nextAdaptive } from "./adaptive.ts";
import { unmeasured } from "./point-figures.ts";

const place = (setPoint: SetPoint, index: number) => ({ setPoint, index, total: 1, expectedGhs: 400 });
const at = (coreVoltageMv: number, frequencyMhz: number, share: number, index: number): SweepPoint => ({
  ...unmeasured(place({ coreVoltageMv, frequencyMhz, ticketDifficulty: 1 }, index), "", false),
  status: "done",
  invalidShare: { share, low: 0, high: 1 },
});

/** Measures what is asked for on a chip whose errors set in at `edgeMv`. */
function run(edgeMv: number, resolutionMv: number) {
  const share = (mv: number) => 1 / (1 + Math.exp((mv - edgeMv) / 4));
  const points = [1300, 1200, 1100].map((mv, i) => at(mv, 500, share(mv), i));
  for (let next = nextAdaptive(points, resolutionMv); next !== null; next = nextAdaptive(points, resolutionMv))
    points.push(at(next.coreVoltageMv, next.frequencyMhz, share(next.coreVoltageMv), points.length));
  return points;
}

describe("an adaptive sweep", () => {
  test("closes in on the edge to its resolution, wherever it is, with few points", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1105, max: 1295 }), (edgeMv) => {
        const points = run(edgeMv, 10);
        const voltages = points.map(({ coreVoltageMv }) => coreVoltageMv).sort((a, b) => a - b);
        const above = voltages.find((mv) => mv >= edgeMv) as number;
        expect(above - (voltages[voltages.indexOf(above) - 1] as number)).toBeLessThanOrEqual(10);
        expect(points.length).toBeLessThanOrEqual(15);
      }),
    );
  });

  test("adds nothing where all points are alike", () => {
    expect(nextAdaptive([at(1300, 500, 0, 0), at(1100, 500, 0.001, 1)], 10)).toBeNull();
  });

  test("never adds more than is said beforehand, and as many where every two neighbours differ", () => {
    const setPoint = (coreVoltageMv: number): SetPoint => ({ coreVoltageMv, frequencyMhz: 500, ticketDifficulty: 1 });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1000, max: 1300 }), { minLength: 2, maxLength: 5 }),
        fc.integer({ min: 5, max: 60 }),
        fc.integer({ min: 1000, max: 1300 }),
        (voltages, resolutionMv, edgeMv) => {
          const most = mostAdaptive(voltages.map(setPoint), resolutionMv);
          const added = (share: (mv: number) => number) => {
            const points = voltages.map((mv, i) => at(mv, 500, share(mv), i));
            for (let next = nextAdaptive(points, resolutionMv); next !== null; next = nextAdaptive(points, resolutionMv))
              points.push(at(next.coreVoltageMv, 500, share(next.coreVoltageMv), points.length));
            return points.length - voltages.length;
          };
          expect(added((mv) => (mv < edgeMv ? 0.9 : 0.1))).toBeLessThanOrEqual(most);
          expect(added((mv) => mv)).toBe(most);
        },
      ),
    );
  });

  test("takes a point that the chips did not survive for the worst there is", () => {
    const lost = unmeasured(place({ coreVoltageMv: 1100, frequencyMhz: 500, ticketDifficulty: 1 }, 1), "no answer", true);
    expect(nextAdaptive([at(1300, 500, 0, 0), lost], 10)).toEqual({ coreVoltageMv: 1200, frequencyMhz: 500, ticketDifficulty: 1 });
  });
});
