/**
 * What travels through the FIFOs of the s9-io core, and the bytes it stands for on the wire. specs/bm1387.md 4.7, 1.2, 1.6
 * The core adds and checks the checksums; a reply's CRC byte comes up unchanged.
 */
import { DriverError } from "../../common/errors.ts";

const JOB_HEADER = 0x21;
const COMMAND_HEADERS = [0x41, 0x44, 0x48, 0x54, 0x55, 0x58];
const COMMAND_BYTES = [5, 9];
const MIDSTATE_BYTES = 32;
const MIDSTATES_AT = 20;
const JOB_BYTES = (midstates: number): number => 22 + MIDSTATE_BYTES * midstates;

export type Midstates = 1 | 2 | 4;

export type HostFrame =
  | { readonly kind: "command"; readonly bytes: Uint8Array }
  | { readonly kind: "job"; readonly bytes: Uint8Array; readonly jobId: number; readonly midstates: Midstates };

/** Bytes for the wire as the frames they are. FRAME_UNKNOWN when they are not whole commands and jobs of a BM1387: the core passes on nothing else. */
export function splitHostFrames(bytes: Uint8Array): HostFrame[] {
  const frames: HostFrame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const frame = hostFrame(bytes.subarray(at, at + (bytes[at + 1] ?? 0)));
    if (frame === null) throw unknownFrame(bytes, at);
    frames.push(frame);
    at += frame.bytes.length;
  }
  return frames;
}

function hostFrame(bytes: Uint8Array): HostFrame | null {
  const [header = 0, length, jobId = 0, midstates] = bytes;
  if (length !== bytes.length) return null;
  if (COMMAND_HEADERS.includes(header) && COMMAND_BYTES.includes(length)) return { kind: "command", bytes };
  const isJob = header === JOB_HEADER && (midstates === 1 || midstates === 2 || midstates === 4) && length === JOB_BYTES(midstates);
  return isJob && jobId <= 0x7f ? { kind: "job", bytes, jobId, midstates } : null;
}

const littleEndian = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)) >>> 0;
const bigEndian = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0;

/** A command without its checksum, one word or two. */
export function commandWords({ bytes }: HostFrame): number[] {
  return bytes.length === COMMAND_BYTES[0] ? [littleEndian(bytes, 0)] : [littleEndian(bytes, 0), littleEndian(bytes, 4)];
}

/** A job without its checksum: id, nbits, ntime, merkle tail, then the midstates' words in wire order: 12, 20 or 36 words. */
export function workWords({ bytes }: HostFrame, extendedId: number): number[] {
  const words = [extendedId, littleEndian(bytes, 8), littleEndian(bytes, 12), littleEndian(bytes, 16)];
  for (let at = MIDSTATES_AT; at < bytes.length - 2; at += 4) words.push(bigEndian(bytes, at));
  return words;
}

/**
 * The 16-bit id under which a job goes out: its 7 bits, and above them a count that goes up whenever they do not. The core gives replies
 * the count of the last job sent, less one when their 7 bits are higher.
 */
export function nextExtendedId(previous: number | null, jobId: number): number {
  if (previous === null) return jobId;
  const generation = (previous >> 7) + (jobId > (previous & 0x7f) ? 0 : 1);
  return ((generation << 7) | jobId) & 0xffff;
}

const wordBytes = (word: number): number[] => [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24];

/** The seven bytes of a register reply. */
export function replyFrame(first: number, second: number): Uint8Array {
  const [byte4 = 0, byte5 = 0, , crc = 0] = wordBytes(second);
  return Uint8Array.of(...wordBytes(first), byte4, byte5, crc);
}

/** The seven bytes of a nonce reply: of the extended id, what the chip sent. */
export function nonceFrame(first: number, second: number): Uint8Array {
  const [solution = 0, id = 0, , crc = 0] = wordBytes(second);
  return Uint8Array.of(...wordBytes(first), solution, id & 0x7f, crc);
}

function unknownFrame(bytes: Uint8Array, at: number): DriverError {
  const frame = Buffer.from(bytes.subarray(at, at + 9)).toString("hex");
  const message = `The bytes ${frame}... at ${at} are no command or job of a BM1387, so the FPGA cannot send them.`;
  return new DriverError("FRAME_UNKNOWN", message, "This link is for an S9 hash board; use a serial port for other chips.", { at, frame });
}
