/** A session and a twin of a miner on a clock of their own: an hour of shares in seconds, and the same every time. */
import type { JobRecord } from "../../common/block-header.ts";
import { concatNonces, type NonceBatch } from "../../common/nonce-batch.ts";
import { splitmix64 } from "../../common/random.ts";
import { verifyHeaders } from "../../drivers/native/index.ts";
import { STRATUM_LIMITS } from "../../drivers/stratum/limits.ts";
import { MODE_TIMES, type ModeTimes, type StratumMode } from "../../drivers/stratum/mode.ts";
import { StratumSession } from "../../drivers/stratum/session.ts";
import { batchOf, type ShareRow } from "../../drivers/stratum/share-rows.ts";
import { syntheticTemplates } from "../../drivers/stratum/template.ts";
import { GENERAL_PURPOSE_BITS } from "../../drivers/stratum/version-rolling.ts";
import type { MinerKind } from "../../twin/network/miner-kinds.ts";
import { StratumMiner } from "../../twin/network/stratum-miner.ts";

export interface Rehearsal {
  readonly session: StratumSession;
  readonly miner: StratumMiner;
  readonly rows: readonly ShareRow[];
  readonly batch: NonceBatch;
  readonly jobs: readonly JobRecord[];
  readonly durationS: number;
}

const BEGIN_NS = 1_000_000_000n;
const WALL_MS = 1_700_000_000_000;

export interface RehearsalOptions {
  readonly kind: MinerKind;
  readonly mode: StratumMode;
  readonly seed: number;
  readonly seconds: number;
  readonly workScale?: number;
  readonly difficulty?: number;
  readonly times?: Partial<ModeTimes>;
}

export function rehearse({ kind, mode, seed, seconds, workScale = 32, difficulty = 1, times = {} }: RehearsalOptions): Rehearsal {
  let nowNs = BEGIN_NS;
  let numbers = 0;
  let seqs = 0;
  const rows: ShareRow[] = [];
  const miner = new StratumMiner(kind, { workScale, random: splitmix64(seed) });
  const session = new StratumSession(
    1,
    {
      mode,
      workScale,
      times: { ...MODE_TIMES, ...times },
      ticketLog2: Math.log2(difficulty),
      suggestions: null,
      versionMask: GENERAL_PURPOSE_BITS,
      limits: STRATUM_LIMITS,
      templates: syntheticTemplates(seed, 2),
    },
    {
      nowNs: () => nowNs,
      wallMs: () => WALL_MS + Number((nowNs - BEGIN_NS) / 1_000_000n),
      verify: verifyHeaders,
      send: (text) => {
        for (const line of text.trim().split("\n")) miner.receive(line, nowNs);
      },
      close: (reason) => {
        throw new Error(`closed: ${reason}`);
      },
      share: (row) => rows.push(row),
      nextJob: () => numbers++,
      nextSeq: () => seqs++,
    },
  );
  const endNs = BEGIN_NS + BigInt(seconds) * 1_000_000_000n;
  miner.connect(nowNs);
  while (true) {
    const next = [miner.nextNs(), session.deadlineNs].filter((at) => at !== null).reduce((a, b) => (a < b ? a : b));
    if (next > endNs) break;
    nowNs = next;
    for (const line of miner.run(nowNs)) session.line(line, nowNs);
    session.tick();
  }
  const { batch, jobs } = batchOf(rows, 1_000_000);
  return { session, miner, rows, batch: concatNonces([batch]), jobs, durationS: seconds };
}
