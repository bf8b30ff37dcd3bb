/** Writes shares as a share capture, the format that `verify-recording` reads (docs/recordings.md). */
import { createWriteStream, openSync, type WriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { RecordingError } from "../../common/errors.ts";
import type { ShareRow } from "../../drivers/stratum/share-rows.ts";
import { notifyParams } from "../../drivers/stratum/template.ts";

const HEADER = "timestamp,job_id,jitter_ms,version,prevhash,coinb1,coinb2,extranonce1,extranonce2,merkle_branch,ntime,nbits,nonce";
const word = (value: number): string => (value >>> 0).toString(16).padStart(8, "0");

/**
 * One line; null for a share no header could be built of. `timestampS`: since 1970. jitter_ms counts from the departure of the share's own job.
 * `version` is the header's, rolled bits included.
 */
export function captureLine({ judged, nonce, tNs, extranonce2 }: ShareRow, timestampS: number): string | null {
  const { job, record } = judged;
  if (job === null || record === null) return null;
  const [id, prevhash, coinb1, coinb2, branches] = notifyParams(job.id, job.template, true);
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
  ].join(",");
}

export class CaptureFile {
  readonly #file: string;
  readonly #stream: WriteStream;
  #failed: Error | null = null;

  /** The file must not be there yet. RecordingError CAPTURE_UNWRITABLE at once, not when a run is over. */
  constructor(file: string) {
    this.#file = file;
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
    this.#stream.write(`${HEADER}\n`);
  }

  write(row: ShareRow, timestampS: number): void {
    const line = captureLine(row, timestampS);
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
