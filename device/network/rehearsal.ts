/** A session and a twin of a miner on a clock of their own: an hour of shares in seconds, and the same every time. */
import type { JobRecord } from "../../common/block-header.ts";
import { concatNonces, type NonceBatch } from "../../common/nonce-batch.ts";
import { splitmix64 } from "../../common/random.ts";
import { verifyHeaders } from "../../drivers/native/index.ts";
import { verifyLbry } from "../../drivers/stratum/lbry.ts";
import { STRATUM_LIMITS } from "../../drivers/stratum/limits.ts";
import { MODE_TIMES, type ModeTimes, type StratumMode } from "../../drivers/stratum/mode.ts";
import { StratumSession } from "../../drivers/stratum/session.ts";
import { batchOf, type ShareRow } from "../../drivers/stratum/share-rows.ts";
import { syntheticLbryTemplates, syntheticTemplates } from "../../drivers/stratum/template.ts";
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
  readonly algorithm?: "sha256d" | "lbry";
  /** Other modes from so many seconds on, in order. */
  readonly switches?: readonly { readonly atS: number; readonly mode: StratumMode }[];
}

export function rehearse(options: RehearsalOptions): Rehearsal {
  const { kind, mode, seed, seconds, workScale = 32, difficulty = 1, times = {}, switches = [] } = options;
  const isLbry = options.algorithm === "lbry";
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
      versionMask: isLbry ? 0 : GENERAL_PURPOSE_BITS,
      limits: STRATUM_LIMITS,
      templates: isLbry ? syntheticLbryTemplates(seed, 2) : syntheticTemplates(seed, 2),
    },
    {
      nowNs: () => nowNs,
      wallMs: () => WALL_MS + Number((nowNs - BEGIN_NS) / 1_000_000n),
      verify: isLbry ? verifyLbry : verifyHeaders,
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
  const endNs = BEGIN_NS + BigInt(Math.round(seconds * 1e9));
  miner.connect(nowNs);
  const pending = switches.map(({ atS, mode }) => ({ atNs: BEGIN_NS + BigInt(Math.round(atS * 1e9)), mode }));
  while (true) {
    const next = [miner.nextNs(), session.deadlineNs, pending[0]?.atNs ?? null]
      .filter((at) => at !== null)
      .reduce((a, b) => (a < b ? a : b));
    if (next > endNs) break;
    nowNs = next;
    for (const line of miner.run(nowNs)) session.line(line, nowNs);
    if (pending[0]?.atNs === nowNs) session.setMode((pending.shift() as { mode: StratumMode }).mode);
    session.tick();
  }
  const { batch, jobs } = batchOf(rows, 1_000_000);
  return { session, miner, rows, batch: concatNonces([batch]), jobs, durationS: seconds };
}
