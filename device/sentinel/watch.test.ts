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
