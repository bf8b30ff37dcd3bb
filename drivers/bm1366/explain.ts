import { reversed, toHex } from "../../common/bytes.ts";
import { crc5, crc16 } from "../bm13xx/crc.ts";
import { type Command, decodeHostFrame, FULL_JOB_BYTES, type JobFrame } from "../bm13xx/frames.ts";
import {
  decodeResponse,
  LONG_RESPONSE_BYTES,
  type NonceResponse,
  type RegisterResponse,
  SHORT_RESPONSE_BYTES,
} from "../bm13xx/response.ts";
import { coreRegisters } from "./core-registers.ts";
import { decodeJobPayload } from "./job.ts";
import { decodeNonce } from "./nonce.ts";
import { coreRegisterControl, registerAt } from "./registers.ts";

/** Which way bytes went. */
export type Direction = "to-chip" | "from-chip";

const PREAMBLE = { "to-chip": [0x55, 0xaa], "from-chip": [0xaa, 0x55] } as const;
const ARROW = { "to-chip": "->", "from-chip": "<-" } as const;

const hex = (value: number, digits: number) => (value >>> 0).toString(16).toUpperCase().padStart(digits, "0");

/**
 * Log text for bytes of a BM1366's line: a line per frame with direction, hex and decoded fields (a job takes some more), and a line for each
 * run of bytes that belongs to no frame, with the reason where there is one. Frames are found as the driver finds them, one byte on after each failure.
 */
export function explainBytes(bytes: Uint8Array, direction: Direction): string[] {
  const lines: string[] = [];
  let strayFrom = 0;
  const endStray = (to: number) => {
    if (to > strayFrom) lines.push(...explainStray(bytes.subarray(strayFrom, to), direction));
  };
  for (let at = 0; at < bytes.length; ) {
    const found = frameAt(bytes.subarray(at), direction);
    if (found === null) {
      at++;
      continue;
    }
    endStray(at);
    const [first = "", ...rest] = found.texts;
    lines.push(`${ARROW[direction]} ${toHex(bytes.subarray(at, at + found.length))}  ${first}`, ...rest.map((text) => `     ${text}`));
    at += found.length;
    strayFrom = at;
  }
  endStray(bytes.length);
  return lines;
}

function frameAt(bytes: Uint8Array, direction: Direction): { length: number; texts: string[] } | null {
  for (const length of possibleLengths(bytes, direction)) {
    if (length > bytes.length) continue;
    const frame = bytes.subarray(0, length);
    if (direction === "to-chip") {
      const decoded = decodeHostFrame(frame);
      if (!("refused" in decoded)) return { length, texts: explainHostFrame(decoded) };
    } else {
      const decoded = decodeResponse(frame);
      if (!("refused" in decoded)) return { length, texts: [explainResponse(decoded, length)] };
    }
  }
  return null;
}

function possibleLengths(bytes: Uint8Array, direction: Direction): number[] {
  if (direction === "from-chip") return [LONG_RESPONSE_BYTES, SHORT_RESPONSE_BYTES];
  const lengthByte = bytes[3];
  return lengthByte === undefined ? [] : [lengthByte + 2, FULL_JOB_BYTES];
}

function explainHostFrame(frame: Command | JobFrame): string[] {
  if (frame.kind === "job") return explainJob(frame);
  if (frame.kind === "chain-inactive") return ["chain inactive"];
  if (frame.kind === "set-address") return [`set address ${hex(frame.address, 2)}`];
  const to = frame.address === null ? "all" : `chip ${hex(frame.address, 2)}`;
  if (frame.kind === "read") return [`read ${to}: ${registerName(frame.register)}`];
  return [`write ${to}: ${describeRegister(frame.register, frame.value)}`];
}

function explainJob(frame: JobFrame): string[] {
  const job = decodeJobPayload(frame.payload);
  if ("refused" in job) return [`job of ${frame.payload.length} bytes, not in full-header form`];
  const { version, prevHash, merkleRoot, ntime, nbits } = job.fields;
  return [
    `job ${hex(job.wireId, 2)}: version ${hex(version, 8)}, ntime ${hex(ntime, 8)}, nbits ${hex(nbits, 8)}, from nonce ${hex(job.startingNonce, 8)}`,
    `previous block ${toHex(reversed(prevHash))}`,
    `merkle root    ${toHex(reversed(merkleRoot))}`,
  ];
}

function explainResponse(response: RegisterResponse | NonceResponse, length: number): string {
  const form = length === SHORT_RESPONSE_BYTES ? " (9 bytes: version rolling is off)" : "";
  if (response.kind === "register") {
    return `chip ${hex(response.address, 2)} answers: ${describeRegister(response.register, response.value)}${form}`;
  }
  const { core, smallCore, addr8, counter, jobId, versionBits } = decodeNonce(response, 1);
  return (
    `nonce ${hex(response.nonce, 8)} for job ${hex(jobId, 2)}: core ${core}.${smallCore}, address ${hex(addr8, 2)}, counter ${hex(counter, 7)}, ` +
    `version bits ${hex(versionBits, 8)}, hint ${response.byte6}${form}`
  );
}

function registerName(address: number): string {
  const found = registerAt(address);
  return found ? `${found.name} (${hex(address, 2)})` : `unknown register ${hex(address, 2)}`;
}

function describeRegister(address: number, word: number): string {
  const found = registerAt(address);
  if (found === null) return `unknown register ${hex(address, 2)} = ${hex(word, 8)}`;
  if (found !== coreRegisterControl) return found.describe(word);
  const { register } = coreRegisterControl.decode(word);
  const core = coreRegisters.find((entry) => entry.number === register);
  return `${found.describe(word)} ${core?.name ?? `core register ${register}`}`;
}

function explainStray(bytes: Uint8Array, direction: Direction): string[] {
  const [first, second] = PREAMBLE[direction];
  const text = `${ARROW[direction]} ${toHex(bytes)}  ${bytes.length} byte${bytes.length === 1 ? "" : "s"} of no frame`;
  if (bytes[0] !== first || bytes[1] !== second) {
    const echoed = bytes[0] === second && bytes[1] === first;
    return [echoed ? `${text}: the preamble is that of the other direction` : text];
  }
  return [`${text}: ${whyNoFrame(bytes, direction)}`];
}

/** Why bytes that begin with a preamble are no frame. */
function whyNoFrame(bytes: Uint8Array, direction: Direction): string {
  if (direction === "from-chip") {
    if (bytes.length < SHORT_RESPONSE_BYTES) return "cut short";
    return "neither its first 11 nor its first 9 bytes pass the checksum";
  }
  const length = (bytes[3] ?? 0) + 2;
  if (bytes.length < length || bytes.length < 7) return "cut short";
  const frame = bytes.subarray(0, length);
  const decoded = decodeHostFrame(frame);
  const reason = "refused" in decoded ? decoded.refused : "length";
  if (reason !== "crc") return `bad ${reason}`;
  const isJob = frame[2] === 0x21;
  const [is, should] = isJob
    ? [toHex(frame.subarray(-2)).toUpperCase(), hex(crc16(frame.subarray(2, -2)), 4)]
    : [hex(frame[length - 1] ?? 0, 2), hex(crc5(frame.subarray(2, -1)), 2)];
  return `checksum is ${is}, should be ${should}`;
}
