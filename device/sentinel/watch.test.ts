import { expect, test } from "vitest";
import type { Clock } from "../../common/clock.ts";
import type { Board } from "../../drivers/boards/board.ts";
import { BITAXE_LIMITS, ms, NOW, readings } from "./readings.test-support.ts";
import { SentinelWatch } from "./watch.ts";

test("a decision is handed on with the moment that it was made for, however late the host comes to it", async () => {
  let nowNs = NOW;
  const clock: Clock = { nowNs: () => nowNs, wallMs: () => 0, sleep: () => new Promise(() => {}) };
  const board = { read: async () => ({ readings: readings({ atNs: NOW }) }) } as unknown as Board;
  const handedNs = await new Promise<bigint>((resolve, reject) => {
    const watch = new SentinelWatch(
      board,
      BITAXE_LIMITS,
      clock,
      { sensesUnpowered: true, blindMs: 10_000 },
      {
        looked: () => {
          nowNs += ms(5_000);
        },
        decided: async (_, atNs) => {
          watch.stop();
          resolve(atNs);
        },
        lost: reject,
        frequencyMhz: () => null,
        trouble: reject,
      },
    );
    watch.start();
  });
  expect(handedNs).toBe(NOW);
});

test("a chip that seems to have cooled faster than one can is switched off as one whose temperature is unknown, and it is said once why", async () => {
  let nowNs = NOW;
  const clock: Clock = {
    nowNs: () => nowNs,
    wallMs: () => 0,
    sleep: async () => {
      nowNs += ms(100);
    },
  };
  const startNs = NOW;
  const board = {
    read: async () => ({ readings: readings({ atNs: nowNs, chipTempC: nowNs - startNs < ms(2_000) ? 57 : 0 }) }),
  } as unknown as Board;
  const said: string[] = [];
  const decided: [string, bigint][] = [];
  await new Promise<void>((resolve, reject) => {
    const settings = { sensesUnpowered: true, blindMs: 10_000 };
    const watch = new SentinelWatch(board, BITAXE_LIMITS, clock, settings, {
      looked: () => {},
      decided: async ({ action, rule }) => {
        if (decided.at(-1)?.[0] !== `${action} ${rule}`) decided.push([`${action} ${rule}`, nowNs - startNs]);
        if (action === "power-off" || nowNs - startNs > ms(30_000)) {
          watch.stop();
          resolve();
        }
      },
      lost: reject,
      frequencyMhz: () => 485,
      trouble: (text) => void said.push(text),
    });
    watch.noteSupply(true);
    watch.noteCoreVoltage(1200);
    watch.start();
  });
  expect(decided.map(([what]) => what)).toEqual(["none ok", "fan-full temperature-missing", "power-off temperature-unknown"]);
  expect(Number((decided.at(-1)?.[1] ?? 0n) / ms(1))).toBeLessThan(12_500);
  expect(said).toEqual([expect.stringContaining("0.0 °C is not believed")]);
});
