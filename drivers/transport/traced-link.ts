import { type ChipLink, FRAME_STRIDE, type FrameBatch } from "./chip-link.ts";

/** One thing that crossed the wire, as the log sees it. `tNs` as in FrameBatch, or when a write was taken by the kernel. */
export interface WireRecord {
  readonly tNs: bigint;
  readonly direction: "to-chip" | "from-chip";
  readonly bytes: Uint8Array;
}

/** The same link, with every write and every frame also told to `record`. Bytes that belong to no frame are counted by the link, not told. */
export function tracedLink(link: ChipLink, record: (entry: WireRecord) => void): ChipLink {
  const tell = (batch: FrameBatch) => {
    for (let i = 0; i < batch.count; i++) {
      const at = i * FRAME_STRIDE;
      const bytes = batch.bytes.slice(at + 1, at + 1 + (batch.bytes[at] as number));
      record({ tNs: batch.tNs[i] as bigint, direction: "from-chip", bytes });
    }
  };
  const untell = link.onFrames(tell);
  return {
    path: link.path,
    get baud() {
      return link.baud;
    },
    async write(bytes, deadlineMs) {
      const tNs = await link.write(bytes, deadlineMs);
      record({ tNs, direction: "to-chip", bytes: bytes.slice() });
      return tNs;
    },
    setBaud: (baud) => link.setBaud(baud),
    setResponseLength: (length) => link.setResponseLength(length),
    onFrames: (listener) => link.onFrames(listener),
    onLost: (listener) => link.onLost(listener),
    counters: () => link.counters(),
    ...(link.startWorkPump ? { startWorkPump: (options) => (link.startWorkPump as NonNullable<ChipLink["startWorkPump"]>)(options) } : {}),
    async close() {
      untell();
      await link.close();
    },
  };
}
