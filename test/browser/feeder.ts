/** A daemon's API without a board: a hub that is fed, a record of known runs, and the dashboard built for the purpose. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "vite";
import { nonceStream } from "../../bench/harness/nonce-stream.ts";
import { hostClock } from "../../common/clock.ts";
import { type NonceBatch, sliceNonces } from "../../common/nonce-batch.ts";
import { Recorder } from "../../device/recorder.ts";
import type { Tokens } from "../../telemetry/api/access/tokens.ts";
import type { ApiBoard } from "../../telemetry/api/api-board.ts";
import { type Api, startApi } from "../../telemetry/api/server.ts";
import type { ControlStore } from "../../telemetry/control/control-store.ts";
import { createHub, type Hub } from "../../telemetry/hub.ts";
import type { Snapshot } from "../../telemetry/messages.ts";
import { openStore } from "../../telemetry/store/client.ts";
import type { Store } from "../../telemetry/store/store.ts";

const CONFIG = path.resolve("telemetry/dashboard/vite.config.ts");
/** As the recorder shows nonces (device/recorder.ts). */
const SHOW_PERIOD_MS = 40;
/** As often as a loaded board's answers are read. */
const BOARD_PERIOD_MS = 5;
const STREAM_S = 20;

/** The dashboard, built into a folder of its own. */
export async function buildDashboard(): Promise<{ readonly folder: string; remove(): void }> {
  const folder = mkdtempSync(path.join(tmpdir(), "asic-dashboard-"));
  await build({ configFile: CONFIG, logLevel: "warn", build: { outDir: folder, emptyOutDir: true } });
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface FeederOptions {
  readonly dashboardDir: string;
  readonly board: "s9" | "bitaxe";
  readonly perSecond: number;
  /** Filled before the page can ask; the record is a database of its own. */
  readonly record?: (store: Store) => Promise<void>;
  readonly port?: number;
  readonly initial?: Partial<Snapshot>;
  readonly emergencyOff?: () => Promise<void>;
  /** Where faults are latched; absent: nowhere. */
  readonly control?: ControlStore;
  readonly tokens?: Tokens;
  /** Boards beside the one that is fed. */
  readonly others?: readonly ApiBoard[];
  /** Changes each batch before it is shown: a chip that falls silent, say. */
  readonly alter?: (batch: NonceBatch) => NonceBatch;
  /** Nonces come as from a board, every few milliseconds, and the daemon's recorder decides when they are shown. */
  readonly recorded?: boolean;
}

export interface Feeder {
  readonly hub: Hub;
  readonly api: Api;
  /** A batch beside the stream, on its way. */
  nonces(batch: NonceBatch): void;
  /** Ends the stream of nonces and readings; the API stays. */
  silence(): void;
  stop(): Promise<void>;
}

export const BOARDS = {
  s9: { model: "S9 hash board", chips: 63, chipId: "1387", regulator: "PIC16F1704" },
  bitaxe: { model: "Bitaxe Ultra", chips: 1, chipId: "1366", regulator: "TPS546" },
} as const;

/** Publishes nonces at a steady rate in real time, sensor readings twice a second. */
export async function startFeeder(options: FeederOptions): Promise<Feeder> {
  const { board, perSecond, dashboardDir, port = 0 } = options;
  const clock = hostClock();
  const point =
    board === "s9"
      ? { coreVoltageMv: 8800, frequencyMhz: 650, ticketDifficulty: 1 }
      : { coreVoltageMv: 1200, frequencyMhz: 485, ticketDifficulty: 1 };
  const hub = createHub({
    rig: "feeder",
    origin: "twin",
    software: "0.1.0",
    startedWallMs: Date.now(),
    state: "running",
    stateReason: "chips enumerated, ramped and hashing",
    board: BOARDS[board],
    setPoint: point,
    ...options.initial,
  });
  const folder = mkdtempSync(path.join(tmpdir(), "asic-feeder-"));
  const store = await openStore({
    path: path.join(folder, "telemetry.db"),
    commitIntervalMs: 200,
    ...(options.recorded === true ? {} : { inProcess: true as const }),
  });
  await options.record?.(store);
  await store.flush();
  const api = await startApi({
    boards: [{ hub, emergencyOff: options.emergencyOff ?? (async () => undefined) }, ...(options.others ?? [])],
    store,
    port,
    dashboardDir,
    ...(options.control ? { control: options.control } : {}),
    ...(options.tokens ? { tokens: options.tokens } : {}),
  });
  const stream = nonceStream({ count: Math.ceil(perSecond * STREAM_S), perSecond, board });
  const firstNs = stream.tNs[0] as bigint;
  // Round after round without a seam: as long as the stream, and one mean interval.
  const roundNs = (stream.tNs.at(-1) as bigint) - firstNs + BigInt(Math.round(1e9 / perSecond));
  const totals = { valid: 0, invalid: 0, stale: 0, duplicate: 0, "unknown-job": 0 };
  const startedNs = clock.nowNs();
  let at = 0;
  let round = 0n;

  const recorder = options.recorded === true ? new Recorder(store, hub, clock, { origin: "twin", provenance: {} }) : null;
  await recorder?.begin("mining", "at the set-point", {});
  const nonces = (batch: NonceBatch): void => {
    if (recorder === null) hub.publishNonces(batch);
    else recorder.nonces(batch);
  };

  const feedNonces = (): void => {
    const elapsedNs = clock.nowNs() - startedNs;
    for (;;) {
      const offsetNs = startedNs - firstNs + round * roundNs;
      const from = at;
      while (at < stream.length && (stream.tNs[at] as bigint) + offsetNs <= startedNs + elapsedNs) at++;
      if (at > from) {
        const batch = { ...sliceNonces(stream, from, at), tNs: stream.tNs.slice(from, at).map((tNs) => tNs + offsetNs) };
        const altered = options.alter?.(batch) ?? batch;
        for (const status of altered.status) totals[status === 0 ? "valid" : "invalid"]++;
        nonces(altered);
      }
      if (at < stream.length) break;
      at = 0;
      round++;
    }
  };
  const feedReadings = (): void => {
    const wobble = Math.sin(Date.now() / 7000);
    const ghs = perSecond * 2 ** 32 * 1e-9;
    hub.publish("readings", {
      wallMs: Date.now(),
      coreVoltageMv: point.coreVoltageMv,
      inputVoltageMv: 12_000,
      inputCurrentMa: 30_000 + 500 * wobble,
      powerW: 360 + 6 * wobble,
      chipTempC: 58 + wobble,
      boardTempC: 49 + wobble / 2,
      regulatorTempC: null,
      fanRpm: 4200,
      fanPercent: 60,
      hashRateGhs: ghs * (1 + 0.01 * wobble),
      expectedGhs: ghs,
    });
    if (recorder === null) hub.publish("totals", { ...totals });
  };
  const timers = [setInterval(feedNonces, recorder === null ? SHOW_PERIOD_MS : BOARD_PERIOD_MS), setInterval(feedReadings, 500)];
  const silence = () => {
    for (const timer of timers) clearInterval(timer);
  };
  return {
    hub,
    api,
    nonces,
    silence,
    async stop() {
      silence();
      await recorder?.end("finished");
      await api.close();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
