import { FRAME_STRIDE, type FrameBatch } from "../../transport/chip-link.ts";

/** Frames as the capture thread hands them over; `tNs` one time for all, or one for each. */
export function frameBatch(frames: readonly Uint8Array[], tNs: bigint | readonly bigint[] = 0n): FrameBatch {
  const bytes = new Uint8Array(frames.length * FRAME_STRIDE);
  frames.forEach((frame, at) => {
    bytes[at * FRAME_STRIDE] = frame.length;
    bytes.set(frame, at * FRAME_STRIDE + 1);
  });
  return {
    count: frames.length,
    tNs: BigInt64Array.from(frames.map((_, at) => (typeof tNs === "bigint" ? tNs : (tNs[at] ?? 0n)))),
    sigmaNs: new Uint32Array(frames.length).fill(1000),
    bytes,
  };
}
