import { createRequire } from "node:module";

/** Numbers of one row that `advance` returns. */
export const HIT_ROW = 8;

/** Cores and counters of a whole chain (twin/native/bm1387_search.h). Times are ns on the twin's clock. */
export interface NativeChainSweep {
  reset(): void;
  setAddress(chip: number, address: number): void;
  setClock(chip: number, tNs: number, hz: number): void;
  setMode(chip: number, gating: boolean, multiMidstate: boolean): void;
  closeCores(chip: number, tNs: number): void;
  /** bad: one byte per core, in logical order. */
  setBadCores(chip: number, bad: Uint8Array): void;
  /** frame: a job frame of 54, 86 or 150 bytes; hears: one byte per chip. */
  startJob(tNs: number, hears: Uint8Array, frame: Uint8Array): void;
  /** Rows of [chip, tNs, nonceBe, midstate, below, jobId, jobSerial, decoy 0/1] in time order, or null when nothing was found. */
  advance(toNs: number): Float64Array | null;
  /** Hashes each chip has computed. */
  hashes(tNs: number): Float64Array;
  openCores(chip: number): number;
}

interface Bm1387Addon {
  readonly ChainSweep: new (chips: number, workScale: number) => NativeChainSweep;
}

export const bm1387Native = createRequire(import.meta.url)("#native/twin") as Bm1387Addon;
