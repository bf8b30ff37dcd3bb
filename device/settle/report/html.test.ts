import { expect, test } from "vitest";
import type { Plot } from "../claim.ts";
import { HASHING_BOOK } from "../evidence/book.ts";
import { CLAIMS, claimsNamed } from "../registry.ts";
import { settle } from "../settle.ts";
import { reportHtml } from "./html.ts";
import { plotSvg } from "./plot-svg.ts";
import { reportOf } from "./report.ts";
import { numberText } from "./text.ts";

const plot: Plot = {
  title: "<t>",
  x: "x",
  y: "y",
  series: [
    {
      name: "a",
      style: "line",
      points: [
        [0, 0],
        [1, 2],
        [2, Number.NaN],
      ],
    },
  ],
};

test("the page needs nothing from elsewhere, and has a section and a method for each claim", async () => {
  const rows = claimsNamed(["5", "6", "7", "16"]);
  const claims = await settle(rows, { recordings: null, seed: 1, evidence: HASHING_BOOK, progress() {} });
  const page = reportHtml(reportOf(rows, claims, 1, null));
  expect(page).not.toMatch(/(src|href)="(?!#|evidence\/)|@import|url\(|<script/);
  for (const { name } of rows) expect(page).toContain(`<section class="claim" id="${name}">`);
  expect(page.match(/<b>How do you know\?<\/b> Nobody does yet/g)).toHaveLength(claims.filter(({ origin }) => origin === null).length);
  expect(page.match(/<b>Power\.<\/b>/g)).toHaveLength(rows.length);
  expect(page).toContain("prefers-color-scheme: dark");
  expect(page).toContain("@media print");
  expect(page).toContain("<svg");
  expect(page).not.toMatch(/undefined|NaN|\[object/);
});

test("what a recording or a row says cannot become markup", () => {
  const row = { ...(CLAIMS[4] as (typeof CLAIMS)[number]), claim: "<script>alert(1)</script>" };
  const claim = {
    ...row,
    measured: [{ name: "<b>", value: "<i>" }],
    controls: [],
    sampleSize: "",
    power: "",
    verdict: "refuted" as const,
    because: "&",
    evidence: [],
    origin: null,
    plots: [plot],
    rehearsal: null,
  };
  const page = reportHtml(reportOf([row], [claim], 1, null));
  expect(page).not.toMatch(/<script>|<b>&|<i>|<t>/);
});

test("a plot keeps its points inside its frame and leaves out what is no number", () => {
  const svg = plotSvg(plot);
  const [, path] = /d="(M[^"]+)"/.exec(svg) ?? [];
  expect(path?.match(/[ML]/g)).toHaveLength(2);
  for (const value of (path ?? "").match(/[\d.]+/g) ?? []) expect(Number(value)).toBeLessThanOrEqual(640);
  expect(plotSvg({ ...plot, series: [] })).toBe("");
});

test("a mark widens the frame until it is inside", () => {
  const svg = plotSvg({ ...plot, marks: [{ axis: "y", at: 10, label: "far" }] });
  const at = Number(/class="mark" x1="\d+" x2="\d+" y1="([\d.]+)"/.exec(svg)?.[1]);
  expect(at).toBeGreaterThan(0);
  expect(at).toBeLessThan(300);
});

test("numbers have four digits", () => {
  expect([numberText(0.123456), numberText(1500), numberText(1e-7), numberText(Number.NaN), numberText("x")]).toEqual([
    "0.1235",
    "1500",
    "1.00e-7",
    "–",
    "x",
  ]);
});

test("the axes are marked at round numbers inside the frame", () => {
  const points = [0.013, 0.957].map((at) => [at, 1000 * at] as const);
  const marked = [
    ...plotSvg({ ...plot, series: [{ name: "a", style: "line", points }] }).matchAll(/text-anchor="(?:middle|end)">([-\d.]+)</g),
  ].map(([, text]) => text);
  expect(marked).toEqual(["0", "0.2", "0.4", "0.6", "0.8", "0", "200", "400", "600", "800"]);
});
