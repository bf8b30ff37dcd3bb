/**
 * Answers of the bitaxe-raw control protocol, in its three generations. specs/bm1366.md 5.10
 *   v0:    LEN = data bytes, ID, DATA          error: 04 00 ID CODE, where LEN is suddenly of everything
 *   total: LEN = everything, ID, DATA          error: 04 00 ID CODE
 *   v1:    LEN = everything, ID, 00, DATA      error: LEN, ID, CODE, text
 * There is no checksum. What an answer must look like is known from its request (id and number of data bytes), so an answer
 * is found among other bytes by asking at each offset whether it can begin there.
 */
import type { ExpectedAnswer } from "./bridge-commands.ts";

export const GENERATIONS = ["v0", "total", "v1"] as const;
export type Generation = (typeof GENERATIONS)[number];

/** 12 was "overflow" at first and "denied" later. */
export const ERROR_CODES = { timeout: 0x10, invalid: 0x11, denied: 0x12, fault: 0x13, custom: 0xff } as const;

/** An error carries this id when the firmware could not parse the request. */
export const UNPARSED_ID = 0xff;

/** After so long without a byte, "04 00 id code" of generation v0 is an error and not the start of four data bytes. */
export const ERROR_SILENCE_MS = 20;

const MAX_ERROR_TEXT = 256;
const SHORT_ERROR_BYTES = 4;

export type Answer =
  | { readonly kind: "data"; readonly data: Uint8Array; readonly generation: Generation }
  | { readonly kind: "error"; readonly code: number; readonly text: string };

export type Scan =
  /** `end` is the offset behind the answer. */
  | { readonly kind: "found"; readonly answer: Answer; readonly end: number }
  /** No answer yet; bytes before `from` can never be part of one. `errorIfSilent`: an error, should nothing follow (ERROR_SILENCE_MS). */
  | { readonly kind: "more"; readonly from: number; readonly errorIfSilent: boolean };

type Match = { readonly size: number; readonly answer: Answer } | "partial" | null;

const isErrorCode = (byte: number | undefined): byte is number => Object.values(ERROR_CODES).some((code) => code === byte);

/** Does a frame with LEN in [min, max] and this id begin here? Its LEN, "partial" when the bytes end too early to tell, or null. */
function frameLength(bytes: Uint8Array, min: number, max: number, ids: readonly number[]): number | "partial" | null {
  const [low, high, id] = bytes;
  if (low === undefined) return "partial";
  if (high === undefined) return min >> 8 !== max >> 8 || (low >= (min & 0xff) && low <= (max & 0xff)) ? "partial" : null;
  const length = low | (high << 8);
  if (length < min || length > max) return null;
  if (id === undefined) return "partial";
  return ids.includes(id) ? length : null;
}

function matchData(bytes: Uint8Array, expected: ExpectedAnswer, generation: Generation): Match {
  const { id, answerBytes } = expected;
  const header = generation === "v1" ? 4 : 3;
  const size = header + answerBytes;
  const lengthField = generation === "v0" ? answerBytes : size;
  const length = frameLength(bytes, lengthField, lengthField, [id]);
  if (length === null || length === "partial") return length;
  if (generation === "v1" && bytes.length > 3 && bytes[3] !== 0) return null;
  if (bytes.length < size) return "partial";
  const data = bytes.slice(header, size);
  // In generation "total" one byte of data and an error have the same shape.
  if (generation === "total" && answerBytes === 1 && isErrorCode(data[0]) && !expected.isAnswer?.(data)) return null;
  return { size, answer: { kind: "data", data, generation } };
}

function matchError(bytes: Uint8Array, expected: ExpectedAnswer, generation: Generation): Match {
  const max = generation === "v1" ? SHORT_ERROR_BYTES + MAX_ERROR_TEXT : SHORT_ERROR_BYTES;
  const length = frameLength(bytes, SHORT_ERROR_BYTES, max, [expected.id, UNPARSED_ID]);
  if (length === null || length === "partial") return length;
  const code = bytes[3];
  if (code !== undefined && !isErrorCode(code)) return null;
  if (code === undefined || bytes.length < length) return "partial";
  const text = Buffer.from(bytes.subarray(SHORT_ERROR_BYTES, length)).toString("utf8");
  return { size: length, answer: { kind: "error", code, text } };
}

/** Data before error: where both fit, data has more bytes in agreement. An error that could still become data must wait for silence. */
function matchAt(bytes: Uint8Array, expected: ExpectedAnswer, generations: readonly Generation[], silent: boolean): Match | "doubtful" {
  const data = generations.map((generation) => matchData(bytes, expected, generation));
  const complete = data.find((match) => match !== null && match !== "partial");
  if (complete !== undefined) return complete;
  const errors = generations.map((generation) => matchError(bytes, expected, generation));
  const error = errors.find((match) => match !== null && match !== "partial");
  if (error !== undefined) return data.includes("partial") && !silent ? "doubtful" : error;
  return data.includes("partial") || errors.includes("partial") ? "partial" : null;
}

/**
 * Looks for the answer to `expected`. Late answers to `abandoned` requests are stepped over whole; other bytes one by one.
 * generation: "auto" accepts all three (unambiguous for a GPIO get). silent: nothing has come for ERROR_SILENCE_MS.
 */
export function findAnswer(
  bytes: Uint8Array,
  expected: ExpectedAnswer,
  abandoned: Iterable<ExpectedAnswer>,
  generation: Generation | "auto",
  silent: boolean,
): Scan {
  const generations = generation === "auto" ? GENERATIONS : [generation];
  let from = 0;
  while (from < bytes.length) {
    const rest = bytes.subarray(from);
    const match = matchAt(rest, expected, generations, silent);
    if (match === "partial" || match === "doubtful") return { kind: "more", from, errorIfSilent: match === "doubtful" };
    if (match !== null) return { kind: "found", answer: match.answer, end: from + match.size };
    const late = lateAnswer(rest, abandoned, generations);
    if (late === "partial") return { kind: "more", from, errorIfSilent: false };
    from += late;
  }
  return { kind: "more", from, errorIfSilent: false };
}

/** Size of the late answer that begins here; 1 (skip a byte) when none does; "partial" when the bytes end too early to tell. */
function lateAnswer(bytes: Uint8Array, abandoned: Iterable<ExpectedAnswer>, generations: readonly Generation[]): number | "partial" {
  let partial = false;
  for (const expected of abandoned) {
    const match = matchAt(bytes, expected, generations, true);
    if (match === "partial") partial = true;
    else if (match !== null && match !== "doubtful") return match.size;
  }
  return partial ? "partial" : 1;
}
