/** What a simulation is run with, and what tests may get hold of in it. */
import type { HubUpdate } from "../../telemetry/hub.ts";
import type { FaultSpec } from "../../twin/index.ts";
import type { VirtualBoard } from "./virtual-board.ts";
import type { VirtualBroker } from "./virtual-broker.ts";
import type { VirtualProcess } from "./virtual-process.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** The world under a daemon, for who wants to meddle with it. */
export interface Bench {
  readonly time: VirtualTime;
  readonly board: VirtualBoard;
  readonly broker: VirtualBroker;
  readonly storePath: string;
  /** The daemon's process of the moment. */
  process(): VirtualProcess;
  /** Begins a fault now that is in no schedule; it ends after `forMs`. */
  strike(spec: Omit<FaultSpec, "atMs" | "untilMs">, forMs: number): void;
  /** The operator asks the daemon to end, before the scenario's time. */
  stop(): void;
}

export interface SimulationOptions {
  /** Called before anything happens. Tests plant what the observer must see. */
  readonly meddle?: (bench: Bench) => void;
  /** Tests of the other layers take the watchdog away. */
  readonly withoutWatchdog?: boolean;
  /** What was committed is not kept in mind to be compared: that takes memory by the row. */
  readonly withoutLedger?: boolean;
  /** One more looks at the dashboard, for so long at a time: somebody's telephone. */
  readonly guestStaysMs?: number;
  /** Gets every line of the event log. */
  readonly write?: (line: string) => void;
  /** Goes on for so long after the daemon has ended: what a board does that was left to itself. */
  readonly lingerMs?: number;
  /** Gets what the daemon publishes. */
  readonly published?: (update: HubUpdate, board: string) => void;
}
