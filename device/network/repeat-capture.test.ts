/** Captures that are made here, because the published one is not in the repository. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { MINER_KINDS, type MinerKind } from "../../twin/network/miner-kinds.ts";
import { EXIT } from "../cli/exit.ts";
import { repeatCaptureCommand } from "../cli/repeat-capture.ts";
import { readShareCapture, type ShareCapture } from "../recordings/share-capture.ts";
import { CaptureFile } from "./capture-file.ts";
import { type RehearsalOptions, rehearse } from "./rehearsal.ts";
import { repeatCapture } from "./repeat-capture.ts";

const folder = mkdtempSync(path.join(tmpdir(), "repeat-capture-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let out = "";
vi.spyOn(process.stdout, "write").mockImplementation((text) => {
  out += String(text);
  return true;
});

/** What a twin with this dead time and floor leaves behind. */
async function captureOf(name: string, more: Partial<MinerKind>, options: Partial<RehearsalOptions> = {}): Promise<string> {
  const { rows } = rehearse({ kind: { ...MINER_KINDS.s9, ...more }, mode: "swh", seed: 5, seconds: 25, ...options });
  const file = path.join(folder, `${name}.csv`);
  const capture = new CaptureFile(file, "twin");
  for (const row of rows) capture.write(row, Number(row.tNs) / 1e9);
  await capture.close();
  return file;
}

const OPTIONS = { kind: "s9", mode: "swh", seed: 6, workScale: 32 } as const;
const agreements = (capture: ShareCapture) =>
  Object.fromEntries(repeatCapture(capture, OPTIONS).comparisons.map(({ quantity, agrees }) => [quantity.split(" ")[0], agrees]));

describe("a capture's experiment, repeated on a twin", () => {
  let same = "";
  beforeAll(async () => {
    same = await captureOf("same", {});
  }, 240_000);

  it("agrees with another run of the same miner, and says so with exit code 0", async () => {
    const options = { twin: "s9", mode: "swh", seed: 6, workScale: 32 } as const;
    expect(await repeatCaptureCommand(same, options)).toBe(EXIT.good);
    expect(out).toContain("(origin: recording, of twin)");
    expect(out).toContain("a twin of an s9 (origin: twin)");
    out = "";
    expect(await repeatCaptureCommand(same, { ...options, mode: "prefetch", json: true })).toBe(EXIT.no);
    expect(JSON.parse(out)).toMatchObject({ origin: "twin", agrees: false, recordedFrom: "twin" });
  }, 240_000);

  it("differs from a miner with another dead time, or another floor", async () => {
    const slow = await readShareCapture(await captureOf("slow", { deadTimeMs: 60 }));
    expect(agreements(slow)).toMatchObject({ CV: false, dead: false, rate: false, ticket: true });
    const floor = await readShareCapture(await captureOf("floor", { ticketLog2: 7 }));
    expect(agreements(floor)).toMatchObject({ ticket: false });
  }, 240_000);

  it("does not agree with a capture that says nothing", async () => {
    const { served } = await readShareCapture(same);
    expect(repeatCapture({ shares: [], bad: [], served }, OPTIONS)).toMatchObject({ comparisons: [], agrees: false });
  });

  it("refuses LBRY's", async () => {
    const file = await captureOf("lbry", MINER_KINDS["lb-box"], { algorithm: "lbry", mode: "pool", difficulty: 1024, seconds: 2 });
    await expect(repeatCaptureCommand(file, { twin: "s9", mode: "swh", seed: 1, workScale: 32 })).rejects.toMatchObject({
      code: "BAD_OPTION",
    });
  });
});
