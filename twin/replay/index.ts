import type { WireEvent, WireHeader } from "../../common/wire-recording.ts";
import { FaultTable } from "../faults.ts";
import { goLive, type LiveTwin } from "../live-twin.ts";
import { type ReplayPace, type ReplayStatus, ReplayTwin } from "./replay-twin.ts";

export { type ReplayPace, type ReplayStatus, ReplayTwin } from "./replay-twin.ts";

export interface ReplayOptions {
  readonly header: WireHeader;
  /** In order of time. */
  readonly events: readonly WireEvent[];
  /** Default "follow". */
  readonly pace?: ReplayPace;
  /** Gets symbolic links `control` and `data`; made when missing. */
  readonly linkDir?: string;
}

/**
 * A recording behind two pseudo-terminals, in real time. What comes out of it is of origin `recording`. Ports live until `stop`. TwinError: PTY_REFUSED,
 * LINK_DIR.
 */
export function startReplay({ header, events, pace = "follow", linkDir }: ReplayOptions): LiveTwin<ReplayStatus> {
  const make = (faults: FaultTable) => new ReplayTwin(header, events, pace, faults);
  return goLive({
    faults: new FaultTable([], header.board === "s9-hashboard" ? "s9" : "bitaxe-ultra"),
    workScale: header.workScale,
    wakeOnData: true,
    linkDir,
    make,
    makeOther: make,
    statusOf: (board) => board.status,
  });
}
