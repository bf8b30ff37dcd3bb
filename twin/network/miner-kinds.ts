/** Networked miners that the twin can be. Figures: CLAIMS B, L; what is no measurement is marked. */
import { type PathFaults, WIRED } from "./wireless-path.ts";

export interface MinerKind {
  readonly agent: string;
  readonly hashRateHs: number;
  /** The chips report nothing below 2^this, whatever the pool asks for. */
  readonly ticketLog2: number;
  /** After a job that replaces all others the chips do nothing useful for so long, ms; standard deviation beside it. */
  readonly deadTimeMs: number;
  readonly deadTimeSdMs: number;
  readonly path: PathFaults;
}

export const MINER_KINDS = {
  /** The S9 of the share capture: 13.9 TH/s and 18.4 ms (CLAIMS B). GUESS: 4 ms of scatter, from a hazard that rises between 10 and 30 ms. */
  s9: { agent: "twin-s9/1", hashRateHs: 13.9e12, ticketLog2: 8, deadTimeMs: 18.4, deadTimeSdMs: 4, path: WIRED },
  /** BM1366 at 400 MHz: 357.6 GH/s, floor 256 or 512 (CLAIMS B). GUESS: dead time, latency and jitter of its firmware and WiFi. */
  lv06: {
    agent: "twin-lv06/1",
    hashRateHs: 357.6e9,
    ticketLog2: 8,
    deadTimeMs: 5,
    deadTimeSdMs: 1,
    path: { latencyMs: 3, jitterMs: 4, loss: 0, batchMs: 0 },
  },
  /** LBRY: 175 GH/s is its nameplate (CLAIMS G). GUESS: all else, none of which was ever published. */
  "lb-box": { agent: "twin-lb-box/1", hashRateHs: 175e9, ticketLog2: 0, deadTimeMs: 18.4, deadTimeSdMs: 4, path: WIRED },
} as const satisfies Record<string, MinerKind>;
export type MinerKindName = keyof typeof MINER_KINDS;
