import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyHeaders } from "../../drivers/native/index.ts";
import { readReplayable } from "./read-wire.ts";
import { readShareCapture } from "./share-capture.ts";
import { verifyShares } from "./verify-shares.ts";
import { replayWire } from "./wire-replay.ts";

const RECORDINGS = path.resolve(process.env.ASIC_RECORDINGS ?? "../shared/data");
const CAPTURE = path.join(RECORDINGS, "s9-capture/shares-0000-1499.csv");
const present = existsSync(CAPTURE);

describe.skipIf(!present)(present ? "the S9 capture" : "the S9 capture (skipped: no recordings)", () => {
  let folder = "";
  let lines: string[] = [];
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "recordings-"));
    lines = readFileSync(CAPTURE, "utf8").trimEnd().split("\n");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function verifyText(name: string, text: string) {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return verifyShares(await readShareCapture(file), verifyHeaders);
  }

  it("verifies whole, and measures what its README states", async () => {
    const report = verifyShares(await readShareCapture(CAPTURE), verifyHeaders);
    expect(report).toMatchObject({ origin: "recording", recordedFrom: null, difficulty: 256, ticketFloor: 256 });
    expect(report.bad).toEqual([]);
    expect([report.rows, report.verified, report.duplicates]).toEqual([1500, 1500, 25]);
    expect(report.durationS).toBeCloseTo(144.1, 1);
    expect(report.ratePerS).toBeCloseTo(10.401, 3);
    expect(report.cv).toBeCloseTo(0.8235, 4);
    expect(report.fractionFrom512).toBeCloseTo(0.498, 4);
    expect(report.fractionFrom1024).toBeCloseTo(0.27, 4);
    expect(report.ksP).toBeCloseTo(0.369, 3);
    expect(report.spearman?.rho).toBeCloseTo(-0.037, 3);
    expect(report.spearman?.pValue).toBeCloseTo(0.16, 2);
  });

  it("lists a row whose nonce was changed with its line, and still verifies the rest", async () => {
    const changed = lines.slice(0, 101);
    changed[42] = (changed[42] as string).replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));
    const report = await verifyText("changed.csv", changed.join("\n"));
    expect(report.verified).toBe(99);
    expect(report.bad).toEqual([{ line: 43, reason: expect.stringContaining("does not verify") }]);
  });

  it("lists malformed rows by line and names the field", async () => {
    const broken = lines.slice(0, 12);
    broken[3] = (broken[3] as string).replace(/,20000000,/, ",2000000z,");
    broken[7] = (broken[7] as string).replace("[]", "[oops");
    broken[9] = "not,a,row";
    const report = await verifyText("broken.csv", broken.join("\n"));
    expect(report.bad).toEqual([
      { line: 4, reason: "malformed: version" },
      { line: 8, reason: "malformed: merkle_branch" },
      { line: 10, reason: expect.stringContaining("number of fields") },
    ]);
    expect(report.verified).toBe(8);
  });

  it("a file cut off in the middle of a row loses that row alone", async () => {
    const whole = lines.slice(0, 21).join("\n");
    const report = await verifyText("cut.csv", whole.slice(0, -30));
    expect(report.verified).toBe(19);
    expect(report.bad.map((row) => row.line)).toEqual([21]);
  });

  it("a merkle branch is folded into the root", async () => {
    // The same share with its coinbase pushed one level down cannot verify: its root is another one.
    const [header, first] = lines as [string, string];
    const branch = createHash("sha256").update("branch").digest("hex");
    const report = await verifyText("branch.csv", [header, first.replace("[]", `"[""${branch}""]"`)].join("\n"));
    expect(report.bad.map((row) => row.reason)).toEqual([expect.stringContaining("does not verify")]);
  });

  it("duplicates are the same header and nonce, not the same nonce", async () => {
    const report = await verifyText("twice.csv", [...lines.slice(0, 11), lines[5]].join("\n"));
    expect([report.verified, report.duplicates]).toEqual([11, 1]);
  });
});

describe.skipIf(!present)("the S9 capture as a wire recording", () => {
  it("verifies whole from its midstates, duplicates and all", async () => {
    const replay = replayWire(await readReplayable(CAPTURE));
    expect(replay.nonces).toEqual({ valid: 1475, invalid: 0, stale: 0, duplicate: 25, "unknown-job": 0 });
    expect(replay.seconds).toBeCloseTo(144.2, 1);
  });
});

describe("files that are no capture", () => {
  it("a missing file, a folder, another CSV, an empty one and binary noise each get one clear sentence", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "recordings-"));
    try {
      const write = (name: string, text: string | Uint8Array) => {
        const file = path.join(folder, name);
        writeFileSync(file, text);
        return file;
      };
      await expect(readShareCapture(path.join(folder, "none.csv"))).rejects.toMatchObject({ code: "RECORDING_MISSING" });
      await expect(readShareCapture(folder)).rejects.toMatchObject({ code: "RECORDING_MISSING" });
      await expect(readShareCapture(write("other.csv", "a,b\n1,2\n"))).rejects.toMatchObject({ code: "RECORDING_FORMAT" });
      await expect(readShareCapture(write("empty.csv", ""))).rejects.toMatchObject({ code: "RECORDING_EMPTY" });
      await expect(
        readShareCapture(
          write(
            "noise.csv",
            Uint8Array.from({ length: 4096 }, (_, i) => (i * 73) % 256),
          ),
        ),
      ).rejects.toMatchObject({
        name: "RecordingError",
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
