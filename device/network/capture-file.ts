/** Writes shares as a share capture, the format that `verify-recording` reads (docs/recordings.md). */
import { createWriteStream, openSync, type WriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { toHex } from "../../common/bytes.ts";
import { RecordingError } from "../../common/errors.ts";
import type { Origin } from "../../common/origin.ts";
import { reverseBytesInWords } from "../../drivers/stratum/share.ts";
import type { ShareRow } from "../../drivers/stratum/share-rows.ts";
import { notifyParams } from "../../drivers/stratum/template.ts";
import { SERVED_COLUMNS, servedColumns } from "../recordings/served-share.ts";
import { COLUMNS } from "../recordings/share-capture.ts";

const word = (value: number): string => (value >>> 0).toString(16).padStart(8, "0");

/**
 * One line; null for a share no header could be built of. `timestampS`: since 1970. jitter_ms counts from the departure of the share's own job.
 * `version` is the header's, rolled bits included.
 */
export function captureLine({ judged, nonce, tNs, extranonce2 }: ShareRow, timestampS: number, origin: Origin): string | null {
  const { job, record } = judged;
  if (job === null || record === null) return null;
  const { claimTrieRoot, ...template } = job.template;
  const [id, prevhash, coinb1, coinb2, branches] = notifyParams(job.id, template, true);
  return [
    timestampS.toFixed(7),
    id,
    Number(tNs - job.sentNs) / 1e6,
    word(record.version | judged.versionBits),
    prevhash,
    coinb1,
    coinb2,
    job.extranonce1,
    extranonce2,
    `"${JSON.stringify(branches).replaceAll('"', '""')}"`,
    word(record.ntime),
    word(record.nbits),
    word(nonce),
    ...servedColumns({
      origin,
      algorithm: claimTrieRoot === undefined ? "sha256d" : "lbry",
      difficulty: 2 ** job.ticketLog2,
      workScale: job.workScale,
      verdict: judged.verdict,
      claimTrieRoot: claimTrieRoot === undefined ? null : toHex(reverseBytesInWords(claimTrieRoot)),
    }),
  ].join(",");
}

export class CaptureFile {
  readonly #file: string;
  readonly #origin: Origin;
  readonly #stream: WriteStream;
  #failed: Error | null = null;

  /** The file must not be there yet. RecordingError CAPTURE_UNWRITABLE at once, not when a run is over. */
  constructor(file: string, origin: Origin) {
    this.#file = file;
    this.#origin = origin;
    let fd: number;
    try {
      fd = openSync(file, "wx");
    } catch (cause) {
      throw unwritable(file, cause as Error);
    }
    this.#stream = createWriteStream(file, { fd });
    this.#stream.on("error", (error) => {
      this.#failed = error;
    });
    this.#stream.write(`${[...COLUMNS, ...SERVED_COLUMNS].join(",")}\n`);
  }

  write(row: ShareRow, timestampS: number): void {
    const line = captureLine(row, timestampS, this.#origin);
    if (line !== null && this.#failed === null) this.#stream.write(`${line}\n`);
  }

  /** RecordingError CAPTURE_UNWRITABLE when any of it could not be written. */
  async close(): Promise<void> {
    this.#stream.end();
    await finished(this.#stream).catch(() => {});
    if (this.#failed !== null) throw unwritable(this.#file, this.#failed);
  }
}

function unwritable(file: string, cause: Error): RecordingError {
  return new RecordingError(
    "CAPTURE_UNWRITABLE",
    `The capture ${file} could not be written: ${cause.message}`,
    "Name a new file in a folder that can be written.",
    { file },
    cause,
  );
}
