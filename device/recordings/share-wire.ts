import { HEADER_BYTES } from "../../common/block-header.ts";
import { RecordingError } from "../../common/errors.ts";
import type { WireEvent, WireHeader } from "../../common/wire-recording.ts";
import { crc5 } from "../../drivers/bm13xx/crc.ts";
import { encodeJob } from "../../drivers/bm1387/job.ts";
import { midstateOf } from "../../drivers/bm1387/midstate.ts";
import { SOFTWARE } from "../version.ts";
import type { WireFile } from "./read-wire.ts";
import type { ShareCapture } from "./share-capture.ts";

/** Ids on an S9's wire have 7 bits. specs/bm1387.md 1.6 */
const IDS = 128;
const HASHED_FIRST = 64;
const NONCE_AT = 76;
/** The bits of a response's last byte that say nonce. specs/bm1387.md 1.5 */
const NONCE_BIT = 0x80;
const FAST_BAUD = 1_562_500;

/**
 * The shares of a capture as the wire of a board that found them would have carried them: each header once, as a job of one midstate, at the time the
 * capture says its job was sent, and each share as a nonce frame at the time it was seen. Chips and cores are those in the nonces; which of a miner's
 * boards found one is not known, so they share a wire. RecordingError RECORDING_NO_WIRE for LBRY, whose headers no chip of this wire takes.
 */
export function wireOfShares({ shares, bad, served }: ShareCapture, file: string): WireFile {
  if (served?.algorithm === "lbry")
    throw new RecordingError(
      "RECORDING_NO_WIRE",
      `${file} holds shares of LBRY, which no BM1387 could have found.`,
      "Use verify-recording, which knows both.",
      { file },
    );
  const zeroS = shares.reduce((least, { timestampS, jitterMs }) => Math.min(least, timestampS - jitterMs / 1000), Number.POSITIVE_INFINITY);
  const nsOf = (seconds: number) => BigInt(Math.round((seconds - zeroS) * 1e9));
  const ids = new Map<string, number>();
  const events: WireEvent[] = [{ kind: "baud", tNs: 0n, port: "data", baud: FAST_BAUD }];
  for (const { header, timestampS, jitterMs } of shares) {
    const work = Buffer.from(header.subarray(0, NONCE_AT)).toString("latin1");
    let id = ids.get(work);
    if (id === undefined) {
      id = ids.size % IDS;
      ids.set(work, id);
      events.push({ ...AT_DATA, tNs: nsOf(timestampS - jitterMs / 1000), direction: "to-board", bytes: jobOf(id, header) });
    }
    events.push({ ...AT_DATA, tNs: nsOf(timestampS), direction: "from-board", bytes: nonceOf(id, header) });
  }
  events.sort((a, b) => (a.tNs < b.tNs ? -1 : a.tNs > b.tNs ? 1 : 0));
  return { header: captureHeader(served, zeroS, bad.length), events, summary: { events: events.length, losses: [], closed: true } };
}

const AT_DATA = { kind: "bytes", port: "data", sigmaNs: 0 } as const;

function captureHeader(served: ShareCapture["served"], zeroS: number, malformedRows: number): WireHeader {
  return {
    origin: served?.origin ?? "recording",
    board: "s9-hashboard",
    chips: 63,
    workScale: served?.workScale ?? 0,
    software: SOFTWARE,
    startedWallMs: Math.round(zeroS * 1000),
    notes: { from: "share capture", malformedRows },
  };
}

function jobOf(wireId: number, header: Uint8Array): Uint8Array {
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  return encodeJob({
    wireId,
    startNonce: 0,
    nbits: view.getUint32(72, true),
    ntime: view.getUint32(68, true),
    merkleTail: header.slice(HASHED_FIRST, HASHED_FIRST + 4),
    midstates: [midstateOf(header.subarray(0, HASHED_FIRST))],
  });
}

/** The one last byte with which the checksum over a response comes to 0. specs/bm1387.md 1.4 */
function nonceOf(id: number, header: Uint8Array): Uint8Array {
  const frame = Uint8Array.of(...header.subarray(NONCE_AT, HEADER_BYTES), 0, id, NONCE_BIT);
  while (crc5(frame) !== 0) frame[6] = (frame[6] as number) + 1;
  return frame;
}
