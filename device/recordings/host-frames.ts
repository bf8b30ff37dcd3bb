import type { WireHeader } from "../../common/wire-recording.ts";
import { type Command, decodeHostFrame as decode1366, FULL_JOB_BYTES } from "../../drivers/bm13xx/frames.ts";
import { decodeJobPayload } from "../../drivers/bm1366/job.ts";
import { decodeHostFrame as decode1387 } from "../../drivers/bm1387/frames.ts";
import type { Work } from "../../drivers/bm1387/job.ts";

export type HeaderJob = Exclude<ReturnType<typeof decodeJobPayload>, { refused: string }>;

export type HostFrame =
  | { readonly kind: "command"; readonly command: Command; readonly bytes: Uint8Array }
  | {
      readonly kind: "header-job";
      readonly job: HeaderJob;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: "midstate-job"; readonly work: Work; readonly bytes: Uint8Array };

export interface SplitFrames {
  readonly frames: readonly HostFrame[];
  /** Bytes that belong to no frame whose checksum holds. */
  readonly strayBytes: number;
}

/** The frames in what a host wrote at once. */
export function splitHostFrames(bytes: Uint8Array, board: WireHeader["board"]): SplitFrames {
  const frames: HostFrame[] = [];
  let strayBytes = 0;
  for (let at = 0; at < bytes.length; ) {
    const frame = board === "s9-hashboard" ? frame1387(bytes.subarray(at)) : frame1366(bytes.subarray(at));
    if (frame === null) {
      strayBytes++;
      at++;
    } else {
      frames.push(frame);
      at += frame.bytes.length;
    }
  }
  return { frames, strayBytes };
}

const JOB_1366 = 0x21;

function frame1366(rest: Uint8Array): HostFrame | null {
  // Full jobs may carry the length byte of shorter ones. specs/bm1366.md 1.4
  const length = rest[2] === JOB_1366 ? FULL_JOB_BYTES : (rest[3] ?? 0) + 2;
  const bytes = rest.slice(0, length);
  const decoded = decode1366(bytes);
  if ("refused" in decoded) return null;
  if (decoded.kind !== "job") return { kind: "command", command: decoded, bytes };
  const job = decodeJobPayload(decoded.payload);
  return "refused" in job ? null : { kind: "header-job", job, bytes };
}

function frame1387(rest: Uint8Array): HostFrame | null {
  const bytes = rest.slice(0, rest[1] ?? 0);
  const decoded = decode1387(bytes);
  if ("refused" in decoded) return null;
  return decoded.kind === "job" ? { kind: "midstate-job", work: decoded.work, bytes } : { kind: "command", command: decoded, bytes };
}
