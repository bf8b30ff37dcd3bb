import { TwinError } from "../common/errors.ts";
import type { FaultName, FaultSpec, FaultTable } from "./faults.ts";
import { PtyFrontEnd } from "./front-end-pty.ts";
import type { PacedTwin } from "./paced-twin.ts";

/** What every twin in real time can be asked, whatever board it is of. */
export interface LiveTwin<Status> {
  /** Bridge protocol: I2C, reset pin, fan. A link where links were asked for; else it changes when a fault replaces the ports. */
  readonly controlPath: string;
  /** The chips' UART. */
  readonly dataPath: string;
  readonly workScale: number;
  stop(): Promise<void>;
  status(): Status;
  /** From now on (or from its `atMs` on). TwinError: FAULT_UNKNOWN, FAULT_OUT_OF_RANGE, FAULT_OF_SIMULATION, FAULT_NOT_ON_BOARD. */
  setFault(fault: FaultSpec): void;
  clearFault(name: FaultName): void;
}

/** A board and how to make it again. Times of `faults` are those of the first one's clock. */
export interface LiveParts<Board extends PacedTwin, Status> {
  readonly faults: FaultTable;
  readonly workScale: number;
  readonly wakeOnData: boolean;
  readonly linkDir: string | undefined;
  readonly make: (faults: FaultTable) => Board;
  /** A board of the other kind, for `reconnect-other`. */
  readonly makeOther: (faults: FaultTable) => PacedTwin;
  readonly statusOf: (board: Board, frontEnd: PtyFrontEnd) => Status;
}

/** Runs a board in real time behind two pseudo-terminals until `stop`. TwinError: PTY_REFUSED, LINK_DIR. */
export function goLive<Board extends PacedTwin, Status>(parts: LiveParts<Board, Status>): LiveTwin<Status> {
  const { faults, linkDir } = parts;
  let board = parts.make(faults);
  const frontEnd = new PtyFrontEnd(board, {
    wakeOnData: parts.wakeOnData,
    replug: (as, bootNs) => {
      if (as === "other") return parts.makeOther(faults.seenFrom(bootNs));
      board = parts.make(faults.seenFrom(bootNs));
      return board;
    },
  });
  if (linkDir !== undefined) {
    try {
      frontEnd.link(linkDir);
    } catch (cause) {
      frontEnd.close();
      throw new TwinError("LINK_DIR", `Cannot make links in ${linkDir}.`, "Give a folder that may be written.", {}, cause);
    }
  }
  return {
    get controlPath() {
      return frontEnd.controlPath;
    },
    get dataPath() {
      return frontEnd.dataPath;
    },
    workScale: parts.workScale,
    stop: async () => frontEnd.close(),
    status: () => parts.statusOf(board, frontEnd),
    setFault: (fault) => faults.set({ atMs: frontEnd.nowNs / 1e6, ...fault }),
    clearFault: (name) => faults.clear(name),
  };
}

/** A whole number in a range, or TwinError OPTION_OUT_OF_RANGE. */
export function wholeWithin(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw refusal(name, value, `Give a whole number from ${min} to ${max}.`);
}

export function refusal(name: string, value: unknown, hint: string): TwinError {
  return new TwinError("OPTION_OUT_OF_RANGE", `A twin cannot have ${name} = ${String(value)}.`, hint, { name, value });
}
