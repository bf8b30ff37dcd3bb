import { NONCE_STATUSES } from "../../common/nonce-batch.ts";
import { readReplayable } from "../recordings/read-wire.ts";
import { replayWire, type WireReplay } from "../recordings/wire-replay.ts";
import { EXIT } from "./exit.ts";
import { table } from "./table.ts";

/** Puts a wire recording through the drivers and says what they make of it; 1 when part of the file could not be read. */
export async function replayCommand(file: string, options: { json?: boolean }): Promise<number> {
  const recording = await readReplayable(file);
  const replay = replayWire(recording);
  const { batch: _, ...shown } = replay;
  process.stdout.write(options.json ? `${JSON.stringify({ ...shown, losses: recording.summary.losses })}\n` : render(file, replay));
  if (!options.json) {
    for (const { offset, bytes, reason } of recording.summary.losses)
      process.stdout.write(
        `${bytes} bytes from ${offset} on are ${reason === "damaged" ? "damaged" : "the beginning of a block that was cut off"}: lost.\n`,
      );
  }
  return replay.uncounted === 0 && recording.summary.losses.length === 0 ? EXIT.good : EXIT.no;
}

function wordsForEnd({ closed, uncounted }: WireReplay): string {
  if (!closed) return "Not closed in order: what the recorder had not yet written is missing.";
  if (uncounted === 0) return "Closed in order: nothing is missing.";
  return uncounted > 0
    ? `Closed in order, but ${uncounted} of the events that its end counts are not there.`
    : `Closed in order, but ${-uncounted} events are there that its end does not count: a part came twice or from elsewhere.`;
}

function render(file: string, replay: WireReplay): string {
  const { header, nonces } = replay;
  const rows = [
    ["frames from the host", replay.hostFrames],
    ["jobs", replay.jobs],
    ["frames from the chips", replay.chipFrames],
    ["register answers", replay.registerAnswers],
    ["nonces of works that open cores", replay.openingNonces],
    ...NONCE_STATUSES.map((status) => [`nonces: ${status}`, nonces[status]]),
    ["damaged frames", replay.damagedFrames],
    ["bytes of no frame, to the chips", replay.strayBytes.toChips],
    ["bytes of no frame, from the chips", replay.strayBytes.fromChips],
    ["control requests", replay.controlRequests],
    ["control answers", replay.controlAnswers],
    ["events left out while recording", replay.droppedEvents],
  ].map(([name, count]) => [String(name), String(count)]);
  return [
    `${file} (origin: recording, of ${replay.recordedFrom}): ${header.board}, ${header.chips} chips, work scale ${header.workScale}, ${replay.seconds.toFixed(1)} s`,
    table(["what", "count"], rows),
    ...(header.notes.malformedRows ? [`${header.notes.malformedRows} malformed rows were left out: verify-recording lists them.`] : []),
    wordsForEnd(replay),
    `Digest of the nonces: ${replay.digest}`,
    "",
  ].join("\n");
}
