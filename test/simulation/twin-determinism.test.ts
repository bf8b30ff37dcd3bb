import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BOARDS, eventLog, hashOf } from "./twin-event-log.ts";

const SCRIPT = fileURLToPath(new URL("./twin-event-log.ts", import.meta.url));
const TIMEOUT_MS = 120_000;

describe.each(BOARDS)("the event log of a twin (%s)", (board) => {
  const log = eventLog(board, 11);

  it("holds nonces, register answers, answers of the bridge, and frames that the line spoilt", () => {
    const data = log.filter((line) => line.includes(" data "));
    const size = board === "bitaxe" ? 22 : 14;
    const frames = data.map((line) => line.split(" ")[2] as string);
    const whole = frames.filter((hex) => hex.length === size);
    expect(whole.filter((hex) => Number.parseInt(hex.slice(-2), 16) >> 5 === 4).length).toBeGreaterThan(100);
    expect(whole.filter((hex) => Number.parseInt(hex.slice(-2), 16) >> 5 === 0).length).toBeGreaterThan(10);
    expect(frames.length - whole.length).toBeGreaterThan(5);
    expect(log.length - data.length).toBeGreaterThan(10);
  });

  it(
    "has the same hash in a second run, and in a process of its own",
    () => {
      expect(hashOf(eventLog(board, 11))).toBe(hashOf(log));
      const alone = execFileSync(process.execPath, ["--import", "tsx", SCRIPT, board, "11"], { encoding: "utf8" });
      expect(alone.trim()).toBe(hashOf(log));
    },
    TIMEOUT_MS,
  );

  it(
    "has another one with another seed",
    () => {
      expect(new Set([11, 12, 13].map((seed) => hashOf(seed === 11 ? log : eventLog(board, seed)))).size).toBe(3);
    },
    TIMEOUT_MS,
  );

  it(
    "does not depend on how its time is cut",
    () => {
      fc.assert(
        fc.property(fc.nat(), (cutSeed) => {
          expect(eventLog(board, 11, cutSeed)).toEqual(log);
        }),
        { numRuns: 5 },
      );
    },
    TIMEOUT_MS,
  );
});
