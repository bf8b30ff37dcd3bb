/** What a rehearsal asks of a twin in virtual time: set-points, jobs, and what the drivers' own decoder makes of the answers. */
import type { JobRecord } from "../../../common/block-header.ts";
import { type NonceBatch, STATUS } from "../../../common/nonce-batch.ts";

export interface Telemetry {
  readonly coreV: number;
  readonly chipC: number;
  readonly powerW: number;
}

export interface TwinBench {
  readonly chips: number;
  /** What it was made from: the same again behaves the same. */
  readonly made: Readonly<Record<string, unknown>>;
  /** Since power-up. */
  readonly nowNs: number;
  /** Jobs that were sent since the last call. */
  takeJobs(): JobRecord[];
  /** Of all chips, or of one; the clock that the chip's divider allows is returned, MHz. */
  setClock(mhz: number, chip?: number): number;
  /** Of the board's supply: a Bitaxe's core, an S9's string. */
  setVoltage(volts: number): void;
  /** Lets time pass, with work as the chips need it; what came is decoded and verified. */
  run(ms: number): NonceBatch;
  telemetry(): Telemetry;
}

/** A verified answer: when, s; by how much it exceeds the floor that the chip was told; which chip. */
export interface Share {
  readonly tS: number;
  /** Over the difficulty of the ticket: 1 and more, P(X > x) = 1/x. */
  readonly excess: number;
  readonly chip: number;
}

/** Verified answers in order of time. Difficulties of a twin are low by 2^workScale; `ticketLog2` is what its chips were told. */
export function sharesOf(batch: NonceBatch, { ticketLog2, workScale }: { ticketLog2: number; workScale: number }): Share[] {
  const shares: Share[] = [];
  for (let i = 0; i < batch.length; i++)
    if (batch.status[i] === STATUS.valid)
      shares.push({
        tS: Number(batch.tNs[i]) / 1e9,
        excess: 2 ** ((batch.difficultyLog2[i] as number) + workScale - ticketLog2),
        chip: batch.chip[i] as number,
      });
  return shares.sort((a, b) => a.tS - b.tS);
}
