/** A leak on purpose shows in the memory's trend. */
import { expect, it } from "vitest";
import { watchMemory } from "../../device/simulation/memory.ts";

const TIMEOUT_MS = 240_000;
const LEAK_BYTES = 2 ** 20;

it(
  "a megabyte a virtual second is seen, and nothing else of its size is there",
  async () => {
    const kept: Uint8Array[] = [];
    const report = await watchMemory({
      board: "bitaxe-ultra",
      hours: 24 / 3600,
      everyMinutes: 1 / 60,
      ticketDifficulty: 64,
      onSample: () => {},
      meddle({ time }) {
        const leak = () => {
          kept.push(new Uint8Array(LEAK_BYTES));
          time.after(1_000, leak);
        };
        leak();
      },
    });
    expect(report.violations).toEqual([]);
    expect(report.samples.length).toBeGreaterThan(20);
    // 3600 seconds an hour; compilation and buffers that find their size are far below it.
    expect(report.heap?.low).toBeGreaterThan(3000);
    expect(report.heap?.high).toBeLessThan(4200);
    expect(kept.length).toBeGreaterThan(20);
  },
  TIMEOUT_MS,
);

it(
  "that is interrupted ends at the next sample, and tells of what was lived",
  async () => {
    const interrupted = new AbortController();
    const report = await watchMemory({
      board: "bitaxe-ultra",
      hours: 24,
      everyMinutes: 1 / 60,
      ticketDifficulty: 64,
      onSample: ({ hours }) => {
        if (hours * 3600 > 5.5) interrupted.abort();
      },
      signal: interrupted.signal,
    });
    expect(report.violations).toEqual([]);
    expect(report.samples.length).toBe(6);
    expect(report.hours * 3600).toBeCloseTo(6, 6);
  },
  TIMEOUT_MS,
);
