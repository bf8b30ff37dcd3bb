/** What a simulation tells of itself when it has ended. */
import type { DeviceState } from "../../telemetry/messages.ts";
import type { FaultSpec } from "../../twin/index.ts";
import type { Place } from "./coverage.ts";
import type { Violation } from "./invariants.ts";
import type { Scenario } from "./scenario.ts";

export interface FaultOutcome {
  readonly spec: FaultSpec;
  /** What the daemon was doing then; null when its moment never came. */
  readonly struckIn: Place | null;
  /** The daemon said that something was wrong, while it held or after, and before it was asked to stop. */
  readonly noticed: boolean;
}

/** What came of another board of the same daemon. */
export interface NeighbourOutcome {
  readonly name: string;
  readonly endState: DeviceState;
  readonly ran: boolean;
}

export interface SimulationOutcome {
  readonly scenario: Scenario;
  readonly fingerprint: string;
  readonly events: number;
  readonly virtualMs: number;
  /** Of these the daemon was running, its chips at the set-point. */
  readonly runningMs: number;
  readonly endState: DeviceState;
  /** Chips were hashing at the set-point at some time. */
  readonly ran: boolean;
  readonly faults: readonly FaultOutcome[];
  /** From the daemon's fault to a safe board; null when it had none. */
  readonly msToSafe: number | null;
  /** Of the other boards, in order. */
  readonly neighbours: readonly NeighbourOutcome[];
  /** At the end no chip of any board ran, and what supply can be switched off was off. */
  readonly endedSafe: boolean;
  readonly committedRows: number;
  readonly nonces: number;
  /** What the control store has latched at the end: each fault's code. */
  readonly latched: readonly string[];
  readonly violations: readonly Violation[];
}
