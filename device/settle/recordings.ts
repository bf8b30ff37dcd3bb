/** The published recordings, where they are: a folder as ../shared/data has it. Nothing of them is kept. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "csv-parse/sync";
import { HEADER_BYTES } from "../../common/block-header.ts";
import { toHex } from "../../common/bytes.ts";
import { RecordingError } from "../../common/errors.ts";
import { verifyHeaders } from "../../drivers/native/index.ts";
import { readShareCapture } from "../recordings/share-capture.ts";
import { type CaptureReport, verifyShares } from "../recordings/verify-shares.ts";
import type { Evidence } from "./claim.ts";

const CAPTURE = "s9-capture/shares-0000-1499.csv";

/** Shares of a capture in time order, each header once. */
export interface CaptureShares {
  readonly report: CaptureReport;
  readonly timesS: Float64Array;
  /** Since the last job was sent, ms. */
  readonly sinceJobMs: Float64Array;
  readonly difficulty: Float64Array;
  readonly evidence: Evidence;
}

/** A table of numbers; a cell that is none is NaN. */
export interface NumberTable {
  /** As evidence names it. */
  readonly file: string;
  readonly names: readonly string[];
  readonly columns: ReadonlyMap<string, Float64Array>;
  readonly rows: number;
  readonly evidence: Evidence;
}

export class Recordings {
  readonly folder: string;
  #capture: CaptureShares | null = null;

  /** RecordingError RECORDING_MISSING when the folder is not there. */
  constructor(folder: string) {
    if (!existsSync(folder))
      throw new RecordingError("RECORDING_MISSING", `There is no folder ${folder}.`, "Give the folder of the recordings with --data.", {
        folder,
      });
    this.folder = folder;
  }

  /** null when the folder has no capture. Errors as readShareCapture. */
  async capture(): Promise<CaptureShares | null> {
    if (this.#capture !== null || !this.has(CAPTURE)) return this.#capture;
    const file = path.join(this.folder, CAPTURE);
    const capture = await readShareCapture(file);
    const report = verifyShares(capture, verifyHeaders);
    if (report.origin === "twin")
      throw new RecordingError(
        "RECORDING_OF_TWIN",
        `${file} was recorded from a twin, which settles no claim.`,
        "Use the published capture.",
        {
          file,
        },
      );
    const { shares } = capture;
    const seen = new Set<string>();
    const once = shares.filter(({ header }) => seen.size < seen.add(toHex(header)).size).sort((a, b) => a.timestampS - b.timestampS);
    const headers = new Uint8Array(once.length * HEADER_BYTES);
    for (const [i, { header }] of once.entries()) headers.set(header, i * HEADER_BYTES);
    this.#capture = {
      report,
      timesS: Float64Array.from(once, ({ timestampS }) => timestampS),
      sinceJobMs: Float64Array.from(once, ({ jitterMs }) => jitterMs),
      difficulty: Float64Array.from(verifyHeaders(headers).difficultyLog2, (log2) => 2 ** log2),
      evidence: this.#evidence(CAPTURE, `2-${shares.length + 1}`),
    };
    return this.#capture;
  }

  /** A flawed set by its file name; null when it is not there. Times become seconds. */
  flawed(file: string): NumberTable | null {
    const name = `flawed/${file}`;
    if (!this.has(name)) return null;
    const rows = parse(readFileSync(path.join(this.folder, name), "utf8"), { columns: true }) as Record<string, string>[];
    const names = Object.keys(rows[0] ?? {});
    const numberOf = (column: string, text: string) =>
      column === "timestamp" && text.includes("T") ? Date.parse(`${text.slice(0, 23)}Z`) / 1000 : Number(text);
    return {
      file: name,
      names,
      columns: new Map(names.map((column) => [column, Float64Array.from(rows, (row) => numberOf(column, row[column] as string))])),
      rows: rows.length,
      evidence: this.#evidence(name, `2-${rows.length + 1}`),
    };
  }

  /** The text beside the recordings that says what a correct reader finds; empty when there is none. */
  readme(): string {
    return this.has("README.md") ? readFileSync(path.join(this.folder, "README.md"), "utf8") : "";
  }

  has(name: string): boolean {
    return existsSync(path.join(this.folder, name));
  }

  #evidence(file: string, rows: string): Evidence {
    const sha256 = createHash("sha256")
      .update(readFileSync(path.join(this.folder, file)))
      .digest("hex");
    return { id: `${file}@${sha256.slice(0, 12)}:${rows}`, kind: "file", file, sha256, rows };
  }
}
