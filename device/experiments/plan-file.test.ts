import { readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { planHash } from "../../reservoir/verdict/gate/power.ts";
import { budgetOf, percentText, stepsOf } from "./budget.ts";
import { loadPlan, parsePlan } from "./plan-file.ts";

const LINES = ["name: a", "substrate: { kind: esn }", "task: { name: narma10 }", "decision: { rule: beats }"];
const plan = (...more: string[]) => parsePlan([...LINES, ...more].join("\n"), "plan.yaml");

describe("a plan file", () => {
  test.each(readdirSync("examples").filter((name) => name.startsWith("experiment-")))("%s is good", (name) => {
    expect(loadPlan(path.join("examples", name)).hash).toMatch(/^[0-9a-f]{64}$/);
  });

  test("has one hash for what it means, however it is written", () => {
    const other = parsePlan(
      "decision:\n  rule: beats\n  than: taps-30 # the default\ntask: {name: narma10}\nname: a\nsubstrate: {kind: esn}",
      "b.yaml",
    );
    expect(planHash(other)).toBe(planHash(plan()));
    expect(planHash(plan("seeds: [2]"))).not.toBe(planHash(plan()));
  });

  test.each([
    ["seed: 3", "Unrecognized key"],
    ["seeds: [1, 1]", "a seed stands there twice"],
    ["mode: { name: golden }", "software has no modes"],
    ["stepMs: 1", "stepMs"],
    ["controls: [taps-7]", "controls"],
    ["driveMinMv: 5\ndriveMaxMv: 4", "must be below driveMaxMv"],
  ])("%s is refused, by name", (line, says) => {
    expect(() => plan(line)).toThrow(says);
  });

  test.each([
    ["mode: { name: dialogue }\ncontrols: [host alone]", "no host alone to compare with"],
    ["mode: { name: chorus, coupling: { gainMhz: 0 } }\ncontrols: [host alone]", "no host alone to compare with"],
  ])("%s asks for a control that cannot be", (lines, says) => {
    const onTwin = LINES.join("\n").replace("kind: esn", "kind: twin, board: s9");
    expect(() => parsePlan(`${onTwin}\n${lines}`, "p")).toThrow(says);
  });

  test("of the task computes feeds nothing back: the host's share of a memory would be the chips'", () => {
    const text = `${LINES.join("\n").replace("kind: esn", "kind: twin").replace("narma10", "computes").replace("beats", "computes")}\nmode: { name: dialogue`;
    expect(() => parsePlan(`${text}, feedback: { signal: delay, gain: 0.1 } }`, "p")).toThrow("the host's share of a memory");
    expect(parsePlan(`${text} }`, "p").mode.name).toBe("dialogue");
  });

  test("does not put the rule of one task to another", () => {
    const text = LINES.join("\n");
    expect(() => parsePlan(text.replace("rule: beats", "rule: computes"), "p")).toThrow("does not belong");
    expect(() => parsePlan(text.replace("rule: beats", "rule: beats, seeds: 2"), "p")).toThrow("2 seeds are asked for");
  });
});

describe("the budget", () => {
  const board = (frequencyMhz: number, ticketDifficulty: number) => ({
    board: { kind: "bitaxe-ultra", chips: 1 } as const,
    setPoint: { coreVoltageMv: 1200, frequencyMhz, ticketDifficulty },
    drive: { driveMinMv: 1150, driveMaxMv: 1250 },
  });

  test("of a BM1366 at 400 MHz and difficulty 512 is a nonce in six seconds: 2000 steps of a hundred take weeks", () => {
    const long = { ...plan(), substrate: { kind: "twin", board: "bitaxe-ultra", chips: 1, seed: 1, store: "x" }, stepMs: 600_000 } as const;
    const budget = budgetOf({ ...long, task: { name: "narma10", washout: 0, train: 1000, test: 1000 } }, board(400, 512));
    expect(budget.noncesPerSecond).toBeCloseTo(0.163, 3);
    expect(budget.noncesPerStep).toBeCloseTo(98, 0);
    expect((budget.seconds as number) / 86_400).toBeCloseTo(13.9, 1);
  });

  test("finds smaller things in longer tests, and never less than the paired test asks for", () => {
    const gain = (test: number) =>
      Number(/error ([\d.e+]+) %/.exec(budgetOf({ ...plan(), task: { name: "narma10", washout: 0, train: 50, test } }, null).detects)?.[1]);
    expect(gain(200)).toBeGreaterThan(gain(2000));
    expect(gain(1_000_000)).toBe(5);
    expect(gain(20)).toBe(100);
  });

  test("has two digits, and no powers of ten", () => {
    expect([1, 3.49, 0.051, 0.00012].map(percentText)).toEqual(["100 %", "350 %", "5.1 %", "0.012 %"]);
  });

  test("says yes to nothing less often the more seeds must agree", () => {
    const falseYes = (seeds: string) => budgetOf(plan(seeds), null).falseYes;
    expect(falseYes("seeds: [1]")).toBeCloseTo(0.01, 9);
    expect(falseYes("seeds: [1, 2]")).toBeCloseTo(1e-4, 9);
  });

  test("counts the steps of every seed, and in software no time", () => {
    expect(stepsOf(plan("seeds: [1, 2, 3]"))).toBe(3 * 4200);
    expect(budgetOf(plan(), null)).toMatchObject({ seconds: null, noncesPerSecond: null });
  });

  test("of a dialogue is its answers' time, at most their deadlines", () => {
    const talk = (deadlineMs: number) =>
      budgetOf({ ...plan(), mode: { ...plan().mode, name: "dialogue", words: 4, answers: 1, deadlineMs } as never }, board(485, 64));
    expect(talk(10_000).stepMs).toBeCloseTo((4 * 1000) / (talk(1).noncesPerSecond as number), 3);
    expect(talk(50).stepMs).toBe(200);
  });
});
