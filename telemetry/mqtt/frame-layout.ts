/** The bytes of a nonce frame (../nonce-frame.ts), declared for those who write a reader: docs/mqtt.md and a test go by it. */

export interface FrameField {
  readonly name: string;
  /** Little-endian. */
  readonly type: "u8" | "u16" | "u32" | "u64" | "f32" | "f64";
  readonly says: string;
}

export const TYPE_BYTES: Readonly<Record<FrameField["type"], number>> = { u8: 1, u16: 2, u32: 4, u64: 8, f32: 4, f64: 8 };

/** One after another, from byte 0. */
export const FRAME_HEAD: readonly FrameField[] = [
  { name: "magic0", type: "u8", says: "0x4e, `N`" },
  { name: "magic1", type: "u8", says: "0x42, `B`" },
  { name: "version", type: "u8", says: "1; a reader refuses others" },
  { name: "origin", type: "u8", says: "0 hardware, 1 twin, 2 recording" },
  { name: "n", type: "u32", says: "Rows" },
  { name: "baseNs", type: "u64", says: "Time of the first row, ns on the host's monotonic clock; 0 without rows" },
  { name: "batch", type: "u32", says: "Counts batches from 0 and wraps: a gap tells how many frames were lost" },
  { name: "runId", type: "u32", says: "Run they belong to; 0xffffffff: none" },
];

/** After the head, each with n values, one column after another. */
export const FRAME_COLUMNS: readonly FrameField[] = [
  { name: "tMs", type: "f64", says: "Time of the answer's first byte, ms after baseNs" },
  { name: "residualNs", type: "f32", says: "Observed minus ideal time, ns; NaN: no ideal is known" },
  { name: "difficultyLog2", type: "f32", says: "log2 of the share's difficulty; NaN: its job is not known" },
  { name: "chip", type: "u16", says: "Index of the chip in its chain, from 0" },
  { name: "core", type: "u16", says: "Number of the core in its chip" },
  { name: "status", type: "u8", says: "0 valid, 1 invalid, 2 stale, 3 duplicate, 4 unknown-job" },
];

export const sizeOf = (fields: readonly FrameField[]): number => fields.reduce((sum, { type }) => sum + TYPE_BYTES[type], 0);
