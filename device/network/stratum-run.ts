/** A stretch of mining for a Stratum server of ours: served, verified, stored, reported. */
import { type Clock, elapsedMs } from "../../common/clock.ts";
import type { Origin } from "../../common/origin.ts";
import type { Verify } from "../../drivers/bm13xx/verify.ts";
import type { ListenAddress } from "../../drivers/stratum/address.ts";
import { requireRipemd, verifyLbry } from "../../drivers/stratum/lbry.ts";
import type { ModeTimes, StratumMode } from "../../drivers/stratum/mode.ts";
import { StratumServer } from "../../drivers/stratum/server.ts";
import { syntheticLbryTemplates, syntheticTemplates } from "../../drivers/stratum/template.ts";
import type { Store } from "../../telemetry/store/store.ts";
import { MINER_KINDS, type MinerKindName } from "../../twin/network/miner-kinds.ts";
import { type LiveMiner, startLiveMiner } from "../../twin/network/stratum-client.ts";
import type { PathFaults } from "../../twin/network/wireless-path.ts";
import { ClockAnchors } from "../clock-anchors.ts";
import type { CaptureFile } from "./capture-file.ts";
import { ShareLog, type StratumReport } from "./share-log.ts";

export interface StratumRunOptions {
  /** Default: Bitcoin's. */
  readonly algorithm?: "sha256d" | "lbry";
  readonly listen: ListenAddress;
  readonly mode: StratumMode;
  readonly times: ModeTimes;
  readonly difficulty: number;
  /** Least and greatest difficulty that miners may ask for; null: they may not. */
  readonly suggestions: readonly [number, number] | null;
  readonly sigmaMs: number;
  readonly seed: number;
  /** A twin of our own that mines; null: miners come over the network. */
  readonly twin: { readonly kind: MinerKindName; readonly path: Partial<PathFaults> } | null;
  /** Zero bits that twins leave out; 0 when miners are real. */
  readonly workScale: number;
}

export interface StratumRunParts {
  readonly clock: Clock;
  readonly store: Store;
  readonly verify: Verify;
  readonly software: string;
  readonly capture: CaptureFile | null;
  /** Where it listens, once miners can come. */
  readonly onListening: (address: ListenAddress, runId: number) => void;
}

/** Shares of another scale than the hardware's come from a twin, and are never called anything else. */
export function originOf(options: Pick<StratumRunOptions, "twin" | "workScale">): Origin {
  return options.twin !== null || options.workScale !== 0 ? "twin" : "hardware";
}

/** Serves until `stopped` resolves. The run is stored as kind `stratum`, its report as a result of the same name. */
export async function stratumRun(
  options: StratumRunOptions,
  parts: StratumRunParts,
  stopped: Promise<unknown>,
): Promise<{ runId: number; report: StratumReport }> {
  const { clock, store } = parts;
  const origin = originOf(options);
  const log = new ShareLog(options.workScale);
  const isLbry = options.algorithm === "lbry";
  if (isLbry) requireRipemd();
  const anchors = new ClockAnchors(clock);
  const wallAt = { ns: clock.nowNs(), s: clock.wallMs() / 1000 };
  let runId = -1;
  const server = await StratumServer.start(
    {
      listen: options.listen,
      mode: options.mode,
      times: options.times,
      templates: isLbry ? syntheticLbryTemplates(options.seed, 2) : syntheticTemplates(options.seed, 2),
      ...(isLbry ? { versionMask: 0 } : {}),
      difficulty: options.difficulty,
      workScale: options.workScale,
      sigmaNs: Math.round(options.sigmaMs * 1e6),
      ...(options.suggestions === null ? {} : { suggestions: options.suggestions }),
    },
    {
      clock,
      verify: isLbry ? verifyLbry : parts.verify,
      onShares: (batch, jobs) => {
        if (jobs.length > 0) store.addJobs(runId, jobs);
        store.addNonces(runId, batch);
      },
      onShare: (row, session) => {
        log.add(row, session);
        parts.capture?.write(row, wallAt.s + Number(row.tNs - wallAt.ns) / 1e9);
      },
    },
  );
  let miner: LiveMiner | null = null;
  try {
    const { twin, ...said } = options;
    const note = `${options.mode}, difficulty ${options.difficulty}`;
    const provenance = { stratum: { ...said, twin }, software: parts.software };
    runId = await store.startRun({ kind: "stratum", origin, note, provenance });
    await store.putResult(runId, "clock-anchor", origin, anchors.restart());
    const address = { host: options.listen.host, port: server.port };
    parts.onListening(address, runId);
    const beganNs = clock.nowNs();
    if (twin !== null) {
      const kind = MINER_KINDS[twin.kind];
      miner = await startLiveMiner(address, { ...kind, path: { ...kind.path, ...twin.path } }, options);
    }
    await stopped;
    // Nothing may come in between the report and the end of the run.
    miner?.stop();
    await server.stop();
    const report = log.report({ origin, mode: options.mode, durationS: elapsedMs(clock, beganNs) / 1000, closed: { ...server.closed } });
    await store.putResult(runId, "clock-anchor", origin, anchors.take());
    await store.putResult(runId, "stratum", origin, report);
    await store.endRun(runId, "finished");
    return { runId, report };
  } catch (error) {
    miner?.stop();
    await server.stop();
    if (runId >= 0) await store.endRun(runId, "failed", error instanceof Error ? error.message : String(error));
    throw error;
  }
}
