import { DriverError } from "../../common/errors.ts";
import { crc5, crc16 } from "../bm13xx/crc.ts";
import type { Command, FrameRefusal } from "../bm13xx/frames.ts";
import { decodeJobBytes, type Work } from "./job.ts";

/** A job frame whose checksum holds. */
export interface JobFrame {
  readonly kind: "job";
  readonly work: Work;
}

/** Bits 7:5 say command (010) or job (001), bit 4 all chips, bits 3:0 the command. specs/bm1387.md 1.2 */
const HEADER = { setAddress: 0x41, readOne: 0x44, readAll: 0x54, writeOne: 0x48, writeAll: 0x58, chainInactive: 0x55, job: 0x21 } as const;
const SHORT_COMMAND_BYTES = 5;
const WRITE_COMMAND_BYTES = 9;

function checked(name: string, value: number, largest: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= largest) return value;
  throw new DriverError("VALUE_REFUSED", `${name} must be a whole number from 0 to ${largest}, not ${value}.`, "Correct the caller.", {
    [name]: value,
  });
}

function sealed(header: number, data: readonly number[]): Uint8Array {
  const bytes = Uint8Array.from([header, data.length + 3, ...data, 0]);
  bytes[bytes.length - 1] = crc5(bytes.subarray(0, -1));
  return bytes;
}

/**
 * A command as it goes over the wire: 5 or 9 bytes, no preamble. Throws DriverError VALUE_REFUSED when an address, register or value does not
 * fit. specs/bm1387.md 1.2, 1.3
 */
export function encodeCommand(command: Command): Uint8Array {
  if (command.kind === "chain-inactive") return sealed(HEADER.chainInactive, [0, 0]);
  const address = checked("address", command.address ?? 0, 0xff);
  if (command.kind === "set-address") return sealed(HEADER.setAddress, [address, 0]);
  const register = checked("register", command.register, 0xff);
  const all = command.address === null;
  if (command.kind === "read") return sealed(all ? HEADER.readAll : HEADER.readOne, [address, register]);
  const value = checked("value", command.value, 0xffff_ffff);
  const valueBytes = [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
  return sealed(all ? HEADER.writeAll : HEADER.writeOne, [address, register, ...valueBytes]);
}

/**
 * Exactly one host frame, or why it is none: "type" is a header byte no S9 host sends, "reserved" a byte or bit that must be zero and is not.
 * Encoding what comes out gives the same bytes back. specs/bm1387.md 1.2, 1.3, 1.6
 */
export function decodeHostFrame(bytes: Uint8Array): Command | JobFrame | { refused: FrameRefusal } {
  const header = bytes[0];
  if (header === undefined || bytes.length < SHORT_COMMAND_BYTES || bytes[1] !== bytes.length) return { refused: "length" };
  if (header === HEADER.job) {
    if (crc16(bytes) !== 0) return { refused: "crc" };
    const work = decodeJobBytes(bytes);
    return "refused" in work ? work : { kind: "job", work };
  }
  if (!Object.values<number>(HEADER).includes(header)) return { refused: "type" };
  const isWrite = header === HEADER.writeOne || header === HEADER.writeAll;
  if (bytes.length !== (isWrite ? WRITE_COMMAND_BYTES : SHORT_COMMAND_BYTES)) return { refused: "length" };
  if (crc5(bytes.subarray(0, -1)) !== bytes.at(-1)) return { refused: "crc" };
  const address = bytes[2] as number;
  const register = bytes[3] as number;
  const broadcast = (header & 0x10) !== 0;
  if (broadcast && address !== 0) return { refused: "reserved" };
  if ((header === HEADER.setAddress || header === HEADER.chainInactive) && register !== 0) return { refused: "reserved" };
  if (header === HEADER.setAddress) return { kind: "set-address", address };
  if (header === HEADER.chainInactive) return { kind: "chain-inactive" };
  const to = broadcast ? null : address;
  if (!isWrite) return { kind: "read", address: to, register };
  return { kind: "write", address: to, register, value: new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(4) };
}
