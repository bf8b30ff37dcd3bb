import { DriverError } from "../../common/errors.ts";
import { crc5, crc16 } from "./crc.ts";

/** A host command; `address` null means every chip. specs/bm1366.md 1.6 */
export type Command =
  | { readonly kind: "set-address"; readonly address: number }
  | { readonly kind: "write"; readonly address: number | null; readonly register: number; readonly value: number }
  | { readonly kind: "read"; readonly address: number | null; readonly register: number }
  | { readonly kind: "chain-inactive" };

/** A job frame whose checksum holds. `lengthByte` is kept because stock firmware sends 0x36 for full jobs too (specs/bm1366.md 1.4). */
export interface JobFrame {
  readonly kind: "job";
  readonly lengthByte: number;
  /** The bytes between length and checksum: 82 for a full header. */
  readonly payload: Uint8Array;
}

export type FrameRefusal = "preamble" | "type" | "length" | "crc" | "reserved";

const HEADER = { setAddress: 0x40, writeOne: 0x41, readOne: 0x42, writeAll: 0x51, readAll: 0x52, chainInactive: 0x53, job: 0x21 } as const;
const SHORT_COMMAND_BYTES = 7;
const WRITE_COMMAND_BYTES = 11;
/** A full-header job with preamble, header, length and checksum. */
export const FULL_JOB_BYTES = 88;
/** The length byte stock firmware puts on full jobs and BM1397 hosts on jobs of one midstate. */
const SHORT_JOB_LENGTH = 0x36;

function checkedByte(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= 0xff) return value;
  throw new DriverError("VALUE_REFUSED", `${name} must be a whole number from 0 to 255, not ${value}.`, "Correct the caller.", {
    [name]: value,
  });
}

function sealed(header: number, data: readonly number[]): Uint8Array {
  const bytes = Uint8Array.from([0x55, 0xaa, header, data.length + 3, ...data, 0]);
  bytes[bytes.length - 1] = crc5(bytes.subarray(2, -1));
  return bytes;
}

/** A command as it goes over the wire. Throws DriverError VALUE_REFUSED when an address, register or value does not fit. specs/bm1366.md 1.6 */
export function encodeCommand(command: Command): Uint8Array {
  if (command.kind === "chain-inactive") return sealed(HEADER.chainInactive, [0, 0]);
  const address = checkedByte("address", command.address ?? 0);
  if (command.kind === "set-address") return sealed(HEADER.setAddress, [address, 0]);
  const register = checkedByte("register", command.register);
  const all = command.address === null;
  if (command.kind === "read") return sealed(all ? HEADER.readAll : HEADER.readOne, [address, register]);
  const { value } = command;
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new DriverError("VALUE_REFUSED", `A register value must be an unsigned 32-bit number, not ${value}.`, "Correct the caller.", {
      value,
    });
  }
  const valueBytes = [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
  return sealed(all ? HEADER.writeAll : HEADER.writeOne, [address, register, ...valueBytes]);
}

/** A job frame around `payload`, with its CRC16. specs/bm1366.md 1.4, 1.5 */
export function encodeJobFrame(payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(payload.length + 6);
  bytes.set([0x55, 0xaa, HEADER.job, checkedByte("job length", payload.length + 4)]);
  bytes.set(payload, 4);
  new DataView(bytes.buffer).setUint16(bytes.length - 2, crc16(bytes.subarray(2, -2)));
  return bytes;
}

function decodeJobFrame(bytes: Uint8Array): JobFrame | { refused: FrameRefusal } {
  const lengthByte = bytes[3] as number;
  if (lengthByte + 2 !== bytes.length && !(lengthByte === SHORT_JOB_LENGTH && bytes.length === FULL_JOB_BYTES))
    return { refused: "length" };
  if (crc16(bytes.subarray(2)) !== 0) return { refused: "crc" };
  return { kind: "job", lengthByte, payload: bytes.slice(4, -2) };
}

/**
 * Exactly one host frame, or why it is none: "type" is a header byte no host sends, "reserved" a byte that must be zero and is not.
 * encodeCommand(decodeHostFrame(bytes)) gives the same bytes back. specs/bm1366.md 1.3-1.6
 */
export function decodeHostFrame(bytes: Uint8Array): Command | JobFrame | { refused: FrameRefusal } {
  if (bytes[0] !== 0x55 || bytes[1] !== 0xaa) return { refused: "preamble" };
  const header = bytes[2];
  if (header === undefined || bytes.length < SHORT_COMMAND_BYTES) return { refused: "length" };
  if (header === HEADER.job) return decodeJobFrame(bytes);
  if (!Object.values<number>(HEADER).includes(header)) return { refused: "type" };
  const isWrite = header === HEADER.writeOne || header === HEADER.writeAll;
  const wanted = isWrite ? WRITE_COMMAND_BYTES : SHORT_COMMAND_BYTES;
  if (bytes.length !== wanted || bytes[3] !== wanted - 2) return { refused: "length" };
  if (crc5(bytes.subarray(2, -1)) !== bytes[wanted - 1]) return { refused: "crc" };
  const address = bytes[4] as number;
  const register = bytes[5] as number;
  const broadcast = (header & 0x10) !== 0;
  if (broadcast && address !== 0) return { refused: "reserved" };
  if ((header === HEADER.setAddress || header === HEADER.chainInactive) && register !== 0) return { refused: "reserved" };
  if (header === HEADER.setAddress) return { kind: "set-address", address };
  if (header === HEADER.chainInactive) return { kind: "chain-inactive" };
  const to = broadcast ? null : address;
  if (!isWrite) return { kind: "read", address: to, register };
  return { kind: "write", address: to, register, value: new DataView(bytes.buffer, bytes.byteOffset, wanted).getUint32(6) };
}
