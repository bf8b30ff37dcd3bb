import type { NonceBatch } from "../../common/nonce-batch.ts";

/** Sends the same work again and again, and hands back what came for it. */
export interface Replayer {
  /** Share of what each chip could try that the replays cover; null where they cover all that a chip comes to in their time. */
  readonly safeShare: number | null;
  replay(signal?: AbortSignal): Promise<NonceBatch>;
  /** The rig goes back to its steady flow of jobs. */
  stop(): void;
}
