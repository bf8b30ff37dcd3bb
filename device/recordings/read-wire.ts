import { createReadStream, statSync } from "node:fs";
import { RecordingError } from "../../common/errors.ts";
import { type WireEvent, type WireHeader, WireReader, type WireSummary } from "../../common/wire-recording.ts";
import { readShareCapture } from "./share-capture.ts";
import { wireOfShares } from "./share-wire.ts";

/** A file that can be replayed: a wire recording, or a share capture in the form a wire would have had. RecordingError as for each of them. */
export async function readReplayable(file: string): Promise<WireFile> {
  if (!file.endsWith(".csv")) return readWireFile(file);
  return wireOfShares(await readShareCapture(file), file);
}

export interface WireFile {
  readonly header: WireHeader;
  /** In order of time: a write is noted when the kernel has taken it, and a frame when it is handed over, so the file's order is another. */
  readonly events: readonly WireEvent[];
  readonly summary: WireSummary;
}

/** Reads a wire recording, as much of it as can be read. RecordingError RECORDING_MISSING, RECORDING_FORMAT, RECORDING_VERSION. */
export async function readWireFile(file: string): Promise<WireFile> {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile()) throw new RecordingError("RECORDING_MISSING", `There is no file ${file}.`, "Check the path.", { file });
  const reader = new WireReader();
  const events: WireEvent[] = [];
  for await (const piece of createReadStream(file) as AsyncIterable<Buffer>) events.push(...reader.push(piece));
  const { events: rest, summary } = reader.end();
  events.push(...rest);
  events.sort((a, b) => (a.tNs < b.tNs ? -1 : a.tNs > b.tNs ? 1 : 0));
  return { header: reader.header as WireHeader, events, summary };
}
