/** What a rig says while it lives; whoever records and shows it listens. */
import type { JobRecord } from "../common/block-header.ts";
import type { NonceBatch } from "../common/nonce-batch.ts";
import type { BoardIdentity, BoardReadings } from "../drivers/boards/board.ts";
import type { DeviceState, LogEvent, SetPoint } from "../telemetry/messages.ts";
import type { WireCounters } from "./hardware/hardware.ts";
import type { Decision } from "./sentinel/decide.ts";

export interface RigEvents {
  state(state: DeviceState, reason: string): void;
  board(identity: BoardIdentity, chain: { chips: number; chipId: string } | null): void;
  /** `fanPercent` is what the fan was last told; null before that. */
  readings(readings: BoardReadings, decision: Decision, fanPercent: number | null): void;
  /** An evaluation of the board's safety was passed, by the sentinel and, while the supply is on, by lease and watchdog. */
  passed?(): void;
  setPoint(setPoint: SetPoint): void;
  jobs(jobs: readonly JobRecord[]): void;
  nonces(batch: NonceBatch): void;
  /** What came over a chain's wire, when it is done with. */
  wire(counters: WireCounters, chips: number): void;
  activity(label: string, done: number, total: number): void;
  log(level: LogEvent["level"], text: string): void;
}
