import { expect, it } from "vitest";
import type { Rate, ScoreCard } from "../blind/score.ts";
import { blindSection } from "./blind-html.ts";

const rate = (found: number, files: number): Rate => ({ found, files, interval: [0, 1] });
const card: ScoreCard = {
  alpha: 0.02,
  files: 20,
  unanswered: 0,
  falsePositives: rate(0, 4),
  falsePositivesAt: [{ alpha: 0.02, ...rate(0, 4) }],
  falsePositivesBy: [{ effect: "line", kind: "timing", ...rate(0, 4) }],
  planted: rate(15, 16),
  power: [
    { effect: "line", kind: "timing", strength: 0.05, ...rate(4, 4) },
    { effect: "line", kind: "timing", strength: 0.15, ...rate(3, 4) },
    { effect: "pole", kind: "pole", strength: 0.1, ...rate(4, 4) },
    { effect: "pole", kind: "pole", strength: 0.2, ...rate(4, 4) },
  ],
  calibration: null,
  nullP: [0.1, 0.4, 0.6, 0.9],
  answersSha256: "00",
  commitments: [],
  origins: ["twin", "recording"],
};

it("a score says where its recordings come from, what was found of all, and names each effect once", () => {
  const page = blindSection({ blind: card });
  expect(page).toContain("20 recordings (origin: twin and recording)");
  expect(page).toContain("15 of 16 recordings with something planted were found");
  expect(page).toContain("line timing, strength 0.05");
  expect(page).toContain("<td>pole, strength 0.1</td>");
});

it("shares found stand as points between none and all: no line falls from a weak effect in a long recording to a strong one in a short one", () => {
  const page = blindSection({ blind: card });
  const plot = page.slice(page.indexOf("Power by strength"));
  expect(plot.match(/<circle/g)).toHaveLength(4);
  expect(plot).not.toContain("<path");
  expect(plot).toMatch(/text-anchor="end">0<\/text>/);
});

it("without a score the page says so", () => {
  expect(blindSection({ blind: null })).toContain("Not scored in this folder");
});
