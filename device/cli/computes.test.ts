import { afterEach, expect, it, vi } from "vitest";
import type { ControlRow } from "../../reservoir/verdict/gate/control-rows.ts";
import { computesCommand } from "./computes.ts";
import { computesText } from "./computes-text.ts";

afterEach(() => vi.restoreAllMocks());

const options = { size: 8, seed: 3, sessions: 1, steps: 700, stepMs: 80, store: "unused.db" };

function said(): string[] {
  const texts: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => texts.push(String(text)) > 0);
  vi.spyOn(process.stderr, "write").mockImplementation(() => true);
  return texts;
}

it("of noise: the answer first, then each session, and what was said beforehand; exit code 1", async () => {
  const texts = said();
  expect(await computesCommand({ ...options, substrate: "noise" })).toBe(1);
  const text = texts.join("");
  expect(text).toMatch(/^Does it compute\? \(origin: software\)\nIn software: it was not shown to compute/);
  expect(text).toMatch(/\n +1 {2}none +no /);
  expect(text).toMatch(/Said beforehand: plan [0-9a-f]{16}, 1 x 700 steps/);
  expect(text).toContain("States in random order: 0 of 1 pass; none should.");
  expect(text).toContain("The claim that it computes: not testable with these data.");
  expect(text).toMatch(/What this run could have detected: a memory of [\d.]+ %/);
  expect(text).toMatch(/\nPoisson surrogate +software +[\d.]+ +[\d.]+ +no +drive and states err less, .* +T2 at most\n/);
  expect(text).toMatch(/\nconstant drive +software +0 of 1 +\d +yes /);
  expect(text).toMatch(/\nanother session's input +software +– +\d +not run /);
});

it("of a network: one session is not enough for a yes, as JSON too", async () => {
  const texts = said();
  expect(await computesCommand({ ...options, substrate: "esn", json: true })).toBe(1);
  const report = JSON.parse(texts.join(""));
  // Eight nodes remember further back than the eight taps they are compared with.
  expect(report).toMatchObject({ origin: "software", computes: false, tier: "T4 competitive" });
  expect(report.verdict).toMatch(/5 are needed/);
  const names = report.controls.map((row: ControlRow) => row.name);
  for (const name of ["constant", "u(t) only", "taps", "quadratic taps", "host state", "encoder bypass", "Poisson surrogate"])
    expect(names).toContain(name);
  for (const name of ["states in random order", "equal-size network", "constant drive"]) expect(names).toContain(name);
  expect(report.controls.every(({ origin, otherwise }: ControlRow) => origin === "software" && otherwise !== undefined)).toBe(true);
});

it("of a study recorded before there were rows of controls: all that it has", async () => {
  const texts = said();
  await computesCommand({ ...options, substrate: "noise", json: true });
  const { controls: _, answer: __, could: ___, noDifference: ____, ...older } = JSON.parse(texts.join(""));
  const text = computesText(older);
  expect(text).toMatch(/^Does it compute\? \(origin: software\)\nIn software/);
  expect(text).not.toContain("Controls");
});

it("a rig needs its configuration", async () => {
  await expect(computesCommand({ ...options, substrate: "rig" })).rejects.toMatchObject({ code: "BAD_OPTION" });
});
