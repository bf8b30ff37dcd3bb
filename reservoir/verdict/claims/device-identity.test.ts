import { describe, expect, it } from "vitest";
import { gaussian, splitmix64 } from "../../../common/random.ts";
import { deviceIdentity, type Recorded } from "./device-identity.ts";

const FEATURES = 8;

/** Devices in sessions at two temperatures; `own` is how far devices are apart, in one feature or all. */
function recorded(seed: number, own: number, { devices = 5, sessions = 4, only = FEATURES } = {}): Recorded[] {
  const noise = gaussian(splitmix64(seed));
  const signature = Array.from({ length: devices }, () => Array.from({ length: FEATURES }, (_, i) => (i < only ? own * noise() : 0)));
  return Array.from({ length: sessions }, (_, session) => {
    const shared = Array.from({ length: FEATURES }, () => 3 * noise());
    return signature.map((values, device) => ({
      device: `d${device}`,
      session: `s${session}`,
      temperatureC: session % 2 === 0 ? 25 : 60,
      values: Float64Array.from(values, (value, i) => value + (shared[i] as number) + noise()),
    }));
  }).flat();
}

describe("a device's signature", () => {
  it("is found where there is one, through what sessions share", () => {
    const found = deviceIdentity(recorded(1, 3), { draws: 199 });
    expect(found).toMatchObject({ answer: "reproduced", energyP: 0.005, missing: [] });
    expect(found.energyDistance).toBeGreaterThan(1);
  });

  it("in a single feature is named, after Bonferroni's correction", () => {
    const { features } = deviceIdentity(recorded(2, 4, { only: 1, sessions: 6 }), { draws: 999 });
    expect(features[0]?.adjusted).toBeLessThan(0.05);
    expect(features.slice(1).every(({ adjusted }) => adjusted > 0.05)).toBe(true);
  });

  it("is not found where there is none, whatever sessions share", () => {
    let [energy, any] = [0, 0];
    for (let seed = 1; seed <= 40; seed++) {
      const { energyP, features, answer } = deviceIdentity(recorded(seed, 0), { draws: 199, seed });
      if (energyP <= 0.05) energy++;
      if (features.some(({ adjusted }) => adjusted <= 0.05)) any++;
      expect(answer).not.toBe("reproduced");
    }
    // 2 of 40 expected of each.
    expect(energy).toBeLessThan(8);
    expect(any).toBeLessThan(8);
  });

  it("cannot be claimed of too few devices, sessions or temperatures", () => {
    const few = deviceIdentity(recorded(1, 3, { devices: 3, sessions: 2 }), { draws: 99 });
    expect(few.missing).toEqual(["3 devices of 5", "2 sessions of 3 on some device"]);
    expect(few.answer).toBe("not testable with these data");
    const cold = deviceIdentity(
      recorded(1, 3).map((one) => ({ ...one, temperatureC: 25 })),
      { draws: 99 },
    );
    expect(cold.missing).toEqual(["1 temperature of 2"]);
  });
});
