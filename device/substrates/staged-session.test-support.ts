/** A session whose rig only writes down what is done to it, and whose dialogue answers as told. */
import type { HeaderFields } from "../../common/block-header.ts";
import type { Clock } from "../../common/clock.ts";
import { allocateNonces, type NonceBatch } from "../../common/nonce-batch.ts";
import type { Exchange } from "../../drivers/bm13xx/exchange.ts";
import { JumpingClock } from "../../drivers/bm13xx/testing/jumping-clock.ts";
import type { WorkDialogueOptions } from "../hardware/hardware.ts";
import type { Session } from "../session.ts";

export interface Stage {
  /** The answer's delay for a job, ms; null: none by the deadline. */
  readonly delayMs?: (jobSeq: number, coreVoltageMv: number) => number | null;
  /** What comes back for a job. */
  readonly nonces?: (jobSeq: number, coreVoltageMv: number) => readonly number[];
  /** What comes for every job 51 ms after it was sent. */
  readonly lateNonces?: readonly number[];
  readonly readFails?: boolean;
  readonly refuses?: (coreVoltageMv: number) => Error | null;
  readonly chips?: number;
}

export interface Staged {
  readonly session: Session;
  readonly clock: Clock;
  readonly voltages: number[];
  readonly chipClocks: (readonly number[])[];
  readonly offered: HeaderFields[];
  readonly told: { nonces: (batch: NonceBatch) => void };
  readonly stops: () => number;
}

export function batchOf(jobSeq: number, nonces: readonly number[], tNs: bigint, chips: readonly number[] = []): NonceBatch {
  const batch = allocateNonces(nonces.length);
  nonces.forEach((nonce, i) => {
    batch.nonce[i] = nonce;
    batch.jobSeq[i] = jobSeq;
    batch.tNs[i] = tNs;
    batch.chip[i] = chips[i] ?? 0;
    batch.residualNs[i] = 1000 * nonce;
  });
  return batch;
}

export function stagedSession({
  delayMs = () => 5,
  nonces = () => [],
  lateNonces = [],
  readFails = false,
  refuses = () => null,
  chips = 4,
}: Stage): Staged {
  const clock = new JumpingClock();
  const voltages: number[] = [];
  const chipClocks: (readonly number[])[] = [];
  const offered: HeaderFields[] = [];
  const told = { nonces: (_: NonceBatch) => {} };
  let stops = 0;
  let jobSeq = 0;
  let coreVoltageMv = 1200;
  const readings = {
    atNs: 0n,
    coreVoltageMv: 1200,
    inputVoltageMv: 5000,
    inputCurrentMa: 2000,
    powerMw: 10_000,
    chipTempC: 50,
    boardTempC: 40,
    regulatorTempC: null,
    fanRpm: 4000,
  };
  const startDialogue = ({ depth, deadlineMs, onExchange }: WorkDialogueOptions) => {
    const queue: { seq: number; fields: HeaderFields }[] = [];
    let talking = false;
    const talk = async () => {
      talking = true;
      for (let job = queue[0]; job; queue.shift(), job = queue[0]) {
        const sentNs = clock.nowNs();
        const delay = delayMs(job.seq, coreVoltageMv);
        await clock.sleep(delay ?? deadlineMs);
        told.nonces(batchOf(job.seq, nonces(job.seq, coreVoltageMv), sentNs + 1n));
        told.nonces(batchOf(job.seq, lateNonces, sentNs + 51_000_000n));
        const tNs = sentNs + BigInt(Math.round((delay ?? 0) * 1e6));
        const rest = { sigmaNs: 1, readNs: tNs, nonce: 1, versionBits: 0, chip: 0, core: 7, difficultyLog2: 3, residualNs: 2000 };
        const answer = delay === null ? null : { tNs, delayNs: delay * 1e6, ...rest };
        const record = { ...job.fields, jobSeq: job.seq, sentNs } as Exchange["record"];
        onExchange({ word: job.seq, record, beganNs: sentNs, endNs: clock.nowNs(), answers: answer ? 1 : 0, answer });
      }
      talking = false;
    };
    return {
      offer(fields: HeaderFields) {
        if (queue.length > depth) return null;
        offered.push(fields);
        queue.push({ seq: jobSeq, fields });
        if (!talking) void talk();
        return jobSeq++;
      },
      waiting: 0,
      counters: () => ({}),
      stop: () => void stops++,
    };
  };
  const rig = {
    state: "running",
    faulted: new AbortController().signal,
    setPoint: { coreVoltageMv: 1200, frequencyMhz: 600, ticketDifficulty: 1 },
    limits: { frequencyMhz: { min: 500, max: 650 } },
    chain: { chips, frequencyMhz: 600 },
    board: { read: async () => ({ readings, failed: readFails ? ["thermometer"] : [] }) },
    async setCoreVoltage(mv: number) {
      const refusal = refuses(mv);
      if (refusal) throw refusal;
      coreVoltageMv = mv;
      voltages.push(mv);
      return mv;
    },
    async setChipFrequencies(mhz: readonly number[]) {
      chipClocks.push(mhz);
      return mhz;
    },
    startDialogue,
  };
  const session = {
    config: { rig: "staged", origin: "twin", jobs: { seed: 1 } },
    clock,
    rig,
    recorder: { sample() {} },
    readingsOf: (read: unknown) => read,
    onNonces(listener: (batch: NonceBatch) => void) {
      told.nonces = listener;
      return () => {
        told.nonces = () => {};
      };
    },
  } as unknown as Session;
  return { session, clock, voltages, chipClocks, offered, told, stops: () => stops };
}
