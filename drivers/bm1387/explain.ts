import { toHex } from "../../common/bytes.ts";
import { crc5, crc16 } from "../bm13xx/crc.ts";
import type { Command } from "../bm13xx/frames.ts";
import { decodeHostFrame, type JobFrame } from "./frames.ts";
import { coreNumber, decodeNonce } from "./nonce.ts";
import { registerAt } from "./registers.ts";
import { decodeResponse, type NonceResponse, RESPONSE_BYTES, type RegisterResponse } from "./response.ts";

/** Which way bytes went. */
export type Direction = "to-chip" | "from-chip";

export interface ExplainOptions {
  /** Chips on the chain, to name the one a nonce comes from; 63 unless told. */
  readonly chips?: number;
  /** Register that was asked for before these answers, since they do not say; a first word of 1387 is taken for CHIP_ADDRESS. */
  readonly register?: number;
}

const ARROW = { "to-chip": "->", "from-chip": "<-" } as const;
const JOB = 0x21;
/** Any of these begins a host frame. specs/bm1387.md 1.2 */
const HEADERS: readonly number[] = [0x41, 0x44, 0x54, 0x48, 0x58, 0x55, JOB];

const hex = (value: number, digits: number) => (value >>> 0).toString(16).toUpperCase().padStart(digits, "0");

/**
 * Log text for bytes of a BM1387's line: a line per frame with direction, hex and decoded fields (a job takes some more), and a line for each
 * run of bytes that belongs to no frame, with the reason where there is one. Frames are found as the driver finds them, one byte on after each
 * failure; since they have no preamble, one answer in 32 among stray bytes is chance. specs/bm1387.md 1, 7.24
 */
export function explainBytes(bytes: Uint8Array, direction: Direction, options: ExplainOptions = {}): string[] {
  const lines: string[] = [];
  let strayFrom = 0;
  const endStray = (to: number) => {
    if (to > strayFrom) lines.push(explainStray(bytes.subarray(strayFrom, to), direction));
  };
  for (let at = 0; at < bytes.length; ) {
    const found = frameAt(bytes.subarray(at), direction, options);
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

function frameAt(bytes: Uint8Array, direction: Direction, options: ExplainOptions): { length: number; texts: string[] } | null {
  const length = direction === "to-chip" ? (bytes[1] ?? 0) : RESPONSE_BYTES;
  if (length > bytes.length) return null;
  const frame = bytes.subarray(0, length);
  if (direction === "to-chip") {
    const decoded = decodeHostFrame(frame);
    return "refused" in decoded ? null : { length, texts: explainHostFrame(decoded) };
  }
  const decoded = decodeResponse(frame);
  return "refused" in decoded ? null : { length, texts: [explainResponse(decoded, options)] };
}

function explainHostFrame(frame: Command | JobFrame): string[] {
  if (frame.kind === "job") return explainJob(frame);
  if (frame.kind === "chain-inactive") return ["chain inactive"];
  if (frame.kind === "set-address") return [`set address ${hex(frame.address, 2)}`];
  const to = frame.address === null ? "all" : `chip ${hex(frame.address, 2)}`;
  const register = registerAt(frame.register);
  if (frame.kind === "read") return [`read ${to}: ${register ? `${register.name} (${hex(frame.register, 2)})` : unknown(frame.register)}`];
  return [`write ${to}: ${register?.describe(frame.value) ?? `${unknown(frame.register)} = ${hex(frame.value, 8)}`}`];
}

const unknown = (register: number) => `unknown register ${hex(register, 2)}`;

function explainJob({ work }: JobFrame): string[] {
  const { wireId, startNonce, nbits, ntime, merkleTail, midstates } = work;
  return [
    `job ${hex(wireId, 2)}: ${midstates.length} midstate${midstates.length === 1 ? "" : "s"}, ntime ${hex(ntime, 8)}, nbits ${hex(nbits, 8)}, ` +
      `merkle tail ${toHex(merkleTail)}, from nonce ${hex(startNonce, 8)}`,
    ...midstates.map((state, at) => `midstate ${at} ${toHex(state)}`),
  ];
}

function explainResponse(response: RegisterResponse | NonceResponse, { chips = 63, register }: ExplainOptions): string {
  if (response.kind === "register") {
    const asked = registerAt(register ?? (response.value >>> 16 === 0x1387 ? 0 : -1));
    return `a chip answers: ${asked?.describe(response.value) ?? hex(response.value, 8)}`;
  }
  const { core, counter, slice, addr8 } = decodeNonce(response, chips);
  const number = coreNumber(core);
  return (
    `nonce ${hex(response.nonce, 8)} for job and midstate ${hex(response.id, 2)}: core ${core}${number === null ? " (which no BM1387 has: damaged)" : ""}, ` +
    `address ${hex(addr8, 2)} (chip ${slice} of ${chips}), counter ${hex(counter, 7)}, solution ${hex(response.solution, 2)}`
  );
}

function explainStray(bytes: Uint8Array, direction: Direction): string {
  const text = `${ARROW[direction]} ${toHex(bytes)}  ${bytes.length} byte${bytes.length === 1 ? "" : "s"} of no frame`;
  const reason = direction === "to-chip" ? whyNoHostFrame(bytes) : whyNoResponse(bytes);
  return reason === null ? text : `${text}: ${reason}`;
}

/** Why bytes that begin like a host frame are none; null when they do not. */
function whyNoHostFrame(bytes: Uint8Array): string | null {
  const [header = 0, length = 0] = bytes;
  if (!HEADERS.includes(header)) return null;
  if (bytes.length < length || bytes.length < 5) return "cut short";
  const frame = bytes.subarray(0, length);
  const decoded = decodeHostFrame(frame);
  const reason = "refused" in decoded ? decoded.refused : "length";
  if (reason !== "crc") return `bad ${reason}`;
  const [is, should] =
    header === JOB
      ? [toHex(frame.subarray(-2)).toUpperCase(), hex(crc16(frame.subarray(0, -2)), 4)]
      : [hex(frame.at(-1) ?? 0, 2), hex(crc5(frame.subarray(0, -1)), 2)];
  return `checksum is ${is}, should be ${should}`;
}

function whyNoResponse(bytes: Uint8Array): string {
  if (bytes.length < RESPONSE_BYTES) return "cut short";
  const decoded = decodeResponse(bytes.subarray(0, RESPONSE_BYTES));
  const reason = "refused" in decoded ? decoded.refused : "length";
  return reason === "crc" ? "no 7 of them pass the checksum" : `bits that must be zero are not (bad ${reason})`;
}
