import { expect, it } from "vitest";
import { configSchema } from "../config/schema.ts";
import { studySeconds } from "./computes.ts";

const file = { origin: "twin", board: { kind: "bitaxe-ultra", control: "/dev/a", data: "/dev/b", workScale: 20 } };

it("drives between the voltages of narma10 unless told otherwise, and says how long it takes", () => {
  const { computes } = configSchema.parse({ ...file, narma10: { driveMinMv: 1160 }, computes: { driveMaxMv: 1240 } });
  expect(computes).toMatchObject({ driveMinMv: 1160, driveMaxMv: 1240, sessions: 5, steps: 2000 });
  // Five sessions of 2000 steps, a pilot of 100 and 500 under a constant drive, a tenth of a second each.
  expect(studySeconds(computes)).toBe(1060);
  expect(configSchema.parse(file).computes).toMatchObject({ driveMinMv: 1150, driveMaxMv: 1250 });
});
