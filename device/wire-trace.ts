/** The protocol log of `--trace-wire`: one record a frame, with time, direction, hex and decoded fields. */
import { createWriteStream, type WriteStream } from "node:fs";
import { ConfigError } from "../common/errors.ts";
import { explainBytes as explainBm1366 } from "../drivers/bm1366/explain.ts";
import { explainBytes as explainBm1387 } from "../drivers/bm1387/explain.ts";
import type { WireRecord } from "../drivers/transport/traced-link.ts";
import type { Config } from "./config/schema.ts";

export interface WireTrace {
  record(entry: WireRecord): void;
  /** Frames that are not in the log so far. */
  readonly dropped: number;
  close(): Promise<void>;
}

/** Lines beyond this wait in memory while the disk is slow; more are dropped and counted, because the wire does not wait. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

/** Starts a log file; ConfigError TRACE_FILE when it cannot be written. */
export async function openWireTrace(file: string, kind: Config["board"]["kind"]): Promise<WireTrace> {
  const explainBytes = kind === "s9-hashboard" ? explainBm1387 : explainBm1366;
  const stream = createWriteStream(file, { flags: "a" });
  await opened(stream, file);
  // After opening, a failing disk costs the log, never the run.
  stream.on("error", () => {});
  let startNs: bigint | null = null;
  let dropped = 0;
  let admitted = 0;
  const admit = () => {
    if (dropped === admitted) return;
    stream.write(`${dropped - admitted} frames not logged: this host was too slow\n`);
    admitted = dropped;
  };
  return {
    record({ tNs, direction, bytes, droppedBefore = 0 }) {
      startNs ??= tNs;
      dropped += droppedBefore;
      if (stream.destroyed || stream.writableLength > MAX_BUFFERED_BYTES) {
        dropped++;
        return;
      }
      admit();
      const at = (Number(tNs - startNs) / 1e6).toFixed(3).padStart(12);
      stream.write(
        explainBytes(bytes, direction)
          .map((line) => `${at} ${line}\n`)
          .join(""),
      );
    },
    get dropped() {
      return dropped;
    },
    close: () =>
      new Promise((resolve) => {
        if (!stream.destroyed) admit();
        stream.end(() => resolve());
      }),
  };
}

function opened(stream: WriteStream, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once("open", () => resolve());
    stream.once("error", (cause) =>
      reject(
        new ConfigError(
          "TRACE_FILE",
          `Cannot write the wire trace ${file}: ${cause.message}.`,
          "Choose another file for --trace-wire.",
          { file },
          cause,
        ),
      ),
    );
  });
}
