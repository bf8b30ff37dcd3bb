import { describe, expect, it } from "vitest";
import { DRIVE_MODES, type DriveMode, defaultMode, driveModeSchema, hostMemoryOf, modeWords } from "./drive-mode.ts";

describe("drive modes", () => {
  it.each(DRIVE_MODES)("%s has settings when none are given, says what it does, and adds no memory by itself", (name) => {
    const mode = defaultMode(name);
    expect(mode.name).toBe(name);
    expect(modeWords(mode).length).toBeGreaterThan(20);
    expect(hostMemoryOf(mode)).toMatchObject({ lag: 0, recursive: false });
  });

  it("a key that a mode does not have is refused", () => {
    expect(driveModeSchema.safeParse({ name: "monologue", words: 3 }).success).toBe(false);
    expect(driveModeSchema.safeParse({ name: "dialogue", words: 65 }).success).toBe(false);
    expect(driveModeSchema.safeParse({ name: "soliloquy" }).success).toBe(false);
  });

  it.each([
    [{ name: "dialogue", feedback: { signal: "delay", gain: 0.01, lag: 3 } }, 3, "delay"],
    [{ name: "dialogue", feedback: { signal: "residual", gain: 0.01, into: "job" } }, 1, "jobs"],
    [{ name: "chorus", coupling: { gainMhz: 10 } }, 1, "neighbours"],
  ])("a host that feeds back says so: %j", (given, lag, word) => {
    const memory = hostMemoryOf(driveModeSchema.parse(given));
    expect(memory).toMatchObject({ lag, recursive: true });
    expect(memory.words).toContain(word);
  });

  it.each([
    { name: "dialogue", feedback: { signal: "delay", gain: 0 } },
    { name: "dialogue", feedback: { signal: "delay", gain: 1, clip: 0 } },
    { name: "dialogue", feedback: { signal: "none", gain: 1 } },
    { name: "chorus", coupling: { gainMhz: 10, reach: 0 } },
    { name: "chorus", coupling: { gainMhz: 10, clipMhz: 0 } },
  ] as const)("a loop that cannot act is no memory: %j", (given) => {
    expect(hostMemoryOf(driveModeSchema.parse(given) as DriveMode).lag).toBe(0);
  });
});
