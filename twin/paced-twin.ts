import type { FaultTable } from "./faults.ts";

/** Bytes for the host's port, complete at `tNs` on the twin's clock. */
export interface PortOutput {
  readonly port: "control" | "data";
  readonly tNs: number;
  readonly bytes: Uint8Array;
}

/** What a front end needs of a twin to run it: time in, bytes both ways. */
export interface PacedTwin {
  readonly nowNs: number;
  readonly faults: FaultTable;
  /** While no chip runs, nothing happens by itself but slow physics. */
  readonly chain: { readonly running: boolean };
  /** The host's UART rate, at once. */
  setHostBaud(baud: number): void;
  /** The host wrote to a port now. */
  receiveControl(bytes: Uint8Array): void;
  receiveData(bytes: Uint8Array): void;
  /** Lets everything up to `toNs` happen, in its order. */
  advance(toNs: number): void;
  /** What became ready for the host since the last call. */
  takeOutputs(): PortOutput[];
}
