import { describe, expect, it } from "vitest";
import { defaultMode } from "../dispatcher/drive-mode.ts";
import { modeFrom } from "./mode-option.ts";

const monologue = defaultMode("monologue");

describe("--mode and --set", () => {
  it("without either, the mode stays what it was", () => {
    expect(modeFrom({ set: [] }, monologue)).toEqual(monologue);
  });

  it("a mode by name has its defaults, and settings at any depth on top", () => {
    expect(modeFrom({ mode: "dialogue", set: ["words=8", "feedback.signal=delay", "feedback.gain=0.01"] }, monologue)).toMatchObject({
      name: "dialogue",
      words: 8,
      deadlineMs: 250,
      feedback: { signal: "delay", gain: 0.01, lag: 1 },
    });
  });

  it("settings change the configuration's mode, and leave its others and itself as they were", () => {
    const configured = modeFrom({ mode: "dialogue", set: ["words=8"] }, monologue);
    expect(modeFrom({ set: ["answers=2"] }, configured)).toMatchObject({ words: 8, answers: 2 });
    expect(modeFrom({ mode: "dialogue", set: ["answers=2"] }, configured)).toMatchObject({ words: 8, answers: 2 });
    expect(configured).toMatchObject({ words: 8, answers: 1 });
    expect(modeFrom({ mode: "golden", set: [] }, configured)).toEqual(defaultMode("golden"));
  });

  it("a setting inside one that is a number is refused, not a crash", () => {
    const configured = modeFrom({ mode: "dialogue", set: ["words=8"] }, monologue);
    expect(() => modeFrom({ set: ["words.deep=1"] }, configured)).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  });

  it.each([
    [{ mode: "dialogue", set: ["wrods=8"] } as const, "wrods"],
    [{ mode: "dialogue", set: ["words=many"] } as const, "words"],
    [{ mode: "dialogue", set: ["words.deep=1"] } as const, "words"],
    [{ set: ["words=8"] } as const, "words"],
    [{ mode: "dialogue", set: ["words"] } as const, "words"],
    [{ mode: "dialogue", set: ["__proto__.words=3"] } as const, "__proto__"],
  ])("%j is refused by name", (options, word) => {
    expect(() => modeFrom(options, monologue)).toThrow(
      expect.objectContaining({ code: "BAD_OPTION", message: expect.stringContaining(word) }),
    );
  });
});
