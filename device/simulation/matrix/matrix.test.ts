import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { matrixPage } from "../../../scripts/fault-matrix-docs.mjs";
import { FAULT_LAYERS, faultsOf } from "../../../twin/index.ts";
import { cellKey, cellOf, cellsOf, STRUCK } from "./cells.ts";
import { appendResult, mendResults, readResults, remaining } from "./results-file.ts";
import type { CellResult } from "./run-cell.ts";
import { cellText, matrixTables } from "./table.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "fault-matrix-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const cell = cellOf("s9", "link-cut", "running");
const result: CellResult = {
  origin: "twin",
  cell,
  struckIn: "running",
  wasOn: true,
  ended: "fault",
  why: "LINK_LOST: gone. Put it back.",
  toFaultMs: 2,
  chipsOffMs: 9_000,
  offMs: 9_120,
  onAtEnd: false,
  noticed: true,
  latched: [],
  broken: [],
};

it("has every fault of an S9 in every state, once", () => {
  const cells = cellsOf("s9");
  expect(cells).toHaveLength(faultsOf("s9", FAULT_LAYERS).length * STRUCK.length);
  expect(new Set(cells.map(cellKey)).size).toBe(cells.length);
});

it("leaves out of a board of one chip what takes two, and strikes the chip that is there", () => {
  const cells = cellsOf("bitaxe-207");
  expect(cells.map(({ fault }) => fault)).not.toContain("address-collision");
  expect(cells.find(({ fault }) => fault === "chain-cut")?.value).toBe(0);
});

it("goes on where it was cut off, and runs a cell again whose fault is another now", () => {
  const file = path.join(folder, "matrix.jsonl");
  expect(remaining([cell], readResults(file))).toEqual([cell]);
  appendResult(file, result);
  appendFileSync(file, '{"origin":"tw');
  mendResults(file);
  appendResult(file, { ...result, cell: cellOf("s9", "link-cut", "cold") });
  const results = readResults(file);
  expect(results.size).toBe(2);
  expect(remaining([cell, cellOf("s9", "pic-silent", "cold")], results)).toEqual([cellOf("s9", "pic-silent", "cold")]);
  expect(remaining([{ ...cell, value: 3 }], results)).toHaveLength(1);
  expect(remaining([{ ...cell, holdMs: 3 }], results)).toHaveLength(1);
});

it("refuses a file that is something else", () => {
  const file = path.join(folder, "matrix.jsonl");
  writeFileSync(file, "not a result\n");
  expect(() => readResults(file)).toThrow(expect.objectContaining({ code: "MATRIX_UNREADABLE" }));
});

it.each([
  [{}, "9.1 s LINK_LOST"],
  [{ offMs: null }, "chips 9.0 s, supply on LINK_LOST"],
  [{ offMs: null, chipsOffMs: null, why: null, onAtEnd: true, noticed: false }, "goes on"],
  [{ offMs: null, chipsOffMs: null, why: null, onAtEnd: true }, "goes on, noticed"],
  [{ offMs: null, chipsOffMs: null, onAtEnd: true }, "on LINK_LOST"],
  [{ wasOn: false, offMs: null, chipsOffMs: null }, "stays off LINK_LOST"],
  [{ why: null, noticed: false, onAtEnd: true }, "9.1 s off, up again"],
  [{ struckIn: null }, "not reached LINK_LOST"],
  [{ broken: ["lease: late"] }, "9.1 s LINK_LOST **broken**"],
] as const)("says of %o: %s", (change, text) => {
  expect(cellText({ ...result, ...change })).toBe(text);
});

it("names what was not run as such", () => {
  const tables = matrixTables(new Map([[cellKey(cell), result]]));
  expect(tables).toMatch(/^## s9/);
  expect(tables).toMatch(/`link-cut`, 15 s \| not run \| not run \| not run \| not run \| 9\.1 s LINK_LOST \| not run \|/);
});

it("the published page is what the stored results say, and none of them broke a rule", () => {
  expect(matrixPage()).toBe(readFileSync("docs/fault-matrix.md", "utf8"));
  expect([...readResults("docs/fault-matrix.jsonl").values()].filter(({ broken }) => broken.length > 0)).toEqual([]);
});
