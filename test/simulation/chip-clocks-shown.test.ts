/** What a page is told of the chips' clocks while a board mines, in virtual time. */
import { expect, test } from "vitest";
import { virtualRun } from "../../bench/harness/virtual-session.ts";
import { configSchema } from "../../device/config/schema.ts";
import type { ChipClockView } from "../../telemetry/messages.ts";
import { Bitaxe } from "../../twin/bitaxe.ts";

test("a board with one chip shows its clock while it runs, with its interval", async () => {
  let shown: readonly ChipClockView[] | null | undefined;
  await virtualRun({
    seed: 5,
    mostMinutes: 5,
    configOf: (path) =>
      configSchema.parse({
        origin: "twin",
        board: { kind: "bitaxe-ultra", control: "virtual/control", data: "virtual/data", chips: 1, workScale: 22 },
        setPoint: { coreVoltageMv: 1250, frequencyMhz: 485, ticketDifficulty: 1 },
        store: { path },
      }),
    make: (faults) => ({
      twin: new Bitaxe({ chips: 1, variant: "205", bridgeGeneration: "V0", workScale: 22, seed: 5, ambientC: 25, faults }),
      truth: () => ({ running: true, supplyOn: true }),
    }),
    async work(session, signal) {
      expect(session.hub.snapshot().clocks ?? null).toBeNull();
      await session.clock.sleep(45_000, signal);
      shown = session.hub.snapshot().clocks;
    },
  });
  expect(shown).toHaveLength(1);
  const [clock] = shown as readonly ChipClockView[];
  expect(clock?.nonces).toBeGreaterThan(100);
  const [low, high] = clock?.ppmInterval ?? [Number.NaN, Number.NaN];
  expect(low).toBeLessThan(clock?.ppm ?? Number.NaN);
  expect(high - low).toBeLessThan(2000);
}, 180_000);
