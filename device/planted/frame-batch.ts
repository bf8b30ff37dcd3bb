import { FRAME_STRIDE, type FrameBatch } from "../../drivers/transport/chip-link.ts";

export interface StampedFrame {
  readonly tNs: bigint;
  readonly bytes: Uint8Array;
}

/** Frames in the form in which the capture thread hands them over. */
export function frameBatch(frames: readonly StampedFrame[]): FrameBatch {
  const bytes = new Uint8Array(frames.length * FRAME_STRIDE);
  frames.forEach((frame, i) => {
    bytes[i * FRAME_STRIDE] = frame.bytes.length;
    bytes.set(frame.bytes, i * FRAME_STRIDE + 1);
  });
  return {
    count: frames.length,
    tNs: BigInt64Array.from(frames, ({ tNs }) => tNs),
    sigmaNs: new Uint32Array(frames.length),
    bytes,
  };
}
