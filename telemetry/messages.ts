/**
 * What the daemon tells the world while it runs. One set of types for the WebSocket, MQTT and the dashboard.
 * Times are milliseconds since 1970 for people (`wallMs`) and nanoseconds as decimal text where exactness matters.
 */
import type { NonceStatus } from "../common/nonce-batch.ts";
import type { Origin } from "../common/origin.ts";
import type { LaneHistory } from "./lane-tally.ts";

export const PROTOCOL_VERSION = 1;

export const DEVICE_STATES = ["cold", "identified", "limits-verified", "armed", "energised", "running", "cooling", "fault"] as const;
export type DeviceState = (typeof DEVICE_STATES)[number];

export interface Readings {
  wallMs: number;
  coreVoltageMv: number | null;
  inputVoltageMv: number | null;
  inputCurrentMa: number | null;
  powerW: number | null;
  chipTempC: number | null;
  boardTempC: number | null;
  regulatorTempC: number | null;
  fanRpm: number | null;
  fanPercent: number | null;
  /** From verified nonces of the last 10 s; null before there are any. */
  hashRateGhs: number | null;
  /** Core clock x small cores (specs/bm1366.md 4.8); null when not running. */
  expectedGhs: number | null;
}

export interface SetPoint {
  coreVoltageMv: number;
  frequencyMhz: number;
  ticketDifficulty: number;
}

/** One cell of the sweep map. Rates per second; `cvBand` is where the CV of a Poisson process of this many intervals lies in 95 of 100 cases. */
export interface SweepPoint extends SetPoint {
  index: number;
  total: number;
  status: "done" | "invalid" | "skipped";
  /** Why a point is invalid or was skipped. */
  reason: string | null;
  seconds: number;
  nonces: Record<NonceStatus, number>;
  hashRateGhs: number | null;
  expectedGhs: number;
  powerW: number | null;
  chipTempC: number | null;
  joulesPerTerahash: number | null;
  cv: number | null;
  cvBand: [number, number] | null;
  /** Invalid of all that were judged, with its exact 95 % interval. Absent in records from before it was worked out, as all that follows. */
  invalidShare?: { share: number; low: number; high: number } | null;
  /** 95 %: counting statistics of the verified nonces, and the spread of the power readings. */
  joulesPerTerahashInterval?: [number, number] | null;
  /** What a Poisson process with the dead time found in these intervals has: its CV, and where that of so many intervals lies in 95 of 100 cases. */
  cvNull?: { deadTimeMs: number; cv: number; band: [number, number] } | null;
  /** null where the nonces are too few to say. */
  regime?: Regime | null;
  regimeReason?: string;
  settle?: { ms: number; settled: boolean; why: string };
  /** What ended the count: the time planned for it, a sequential test, its fixed sample, or the longest time allowed. */
  stoppedBy?: "dwell" | "sequential" | "sample" | "most";
  /** The run in which it was measured, when an interrupted sweep went on in another. */
  measuredIn?: number;
}

export const REGIMES = ["healthy", "marginal", "edge", "dead"] as const;
export type Regime = (typeof REGIMES)[number];

/** One row of the controls table: NRMSE = RMSE / std of the test targets. */
export interface ControlScore {
  name: string;
  /** What it is, in words. */
  description: string;
  features: number;
  nrmse: number;
  /** The papers' version, only ever shown beside the other. */
  rmseOverRange: number;
}

/** The report of one NARMA-10 run. `origin` and `verdict` belong together: never show one without the other. */
export interface NarmaReport {
  /** "software" for the reference substrates, which are neither device nor twin. */
  origin: Origin | "software";
  runId: number | null;
  task: "narma10";
  seed: number;
  redraws: number;
  washout: number;
  train: number;
  test: number;
  stepMs: number;
  /** How the input drove the board, and what the host itself remembers by it; absent in software. */
  mode?: { name: string; words: string; hostMemory: { lag: number; recursive: boolean; words: string } };
  featuresUsed: string[];
  featuresRefused: { name: string; reason: string }[];
  /** The substrate's own row. */
  substrate: ControlScore;
  controls: ControlScore[];
  /** Linear taps k = 1, 2, .. in order. */
  tapsByCount: ControlScore[];
  /** Steps left out because their set-point did not read back or a sensor failed. */
  excluded: { train: number; test: number; reasons: { reason: string; steps: number }[] };
  /** Did the substrate beat the linear k-tap control? With the paired test that says so. */
  beatsTaps: { answer: boolean; taps: number; substrateNrmse: number; tapsNrmse: number; dmStatistic: number; pValue: number };
  beatsInputOnly: { answer: boolean; inputNrmse: number; pValue: number };
  /** One plain sentence with the numbers. */
  verdict: string;
  /** Test targets and predictions, for the chart. */
  test_y: number[];
  predicted: number[];
}

export interface NarmaProgress {
  done: number;
  total: number;
  washout: number;
  /** Recent steps: input u and target y (the prediction exists only after training). */
  recent: { step: number; u: number; y: number; nonces: number }[];
}

export interface RunSummary {
  id: number;
  kind: string;
  origin: Origin;
  status: "running" | "finished" | "stopped" | "failed" | "interrupted";
  startedWallMs: number;
  endedWallMs: number | null;
  note: string;
}

export interface LogEvent {
  wallMs: number;
  level: "info" | "warning" | "error";
  source: string;
  text: string;
}

/** A chip's true clock against its nominal one, by the host's clock, over its last nonces. */
export interface ChipClockView {
  chip: number;
  nonces: number;
  /** Parts per million, positive runs fast, with its 95 % interval; null where it would say nothing. */
  ppm: number | null;
  ppmInterval: readonly [number, number] | null;
  /** Robust standard deviation of what is left, ns. */
  jitterNs: number;
}

/** How an input drives the board, and what the host itself remembers by it. */
export interface DriveView {
  name: string;
  words: string;
  hostMemory: { lag: number; recursive: boolean; words: string };
}

/** Everything a newcomer to the stream needs. Kept by the hub, sent once on connect. */
export interface Snapshot {
  rig: string;
  origin: Origin;
  software: string;
  startedWallMs: number;
  state: DeviceState;
  /** Why the device is in this state, in words. */
  stateReason: string;
  board: { model: string; chips: number; chipId: string; regulator: string } | null;
  setPoint: SetPoint | null;
  readings: Readings | null;
  totals: Record<NonceStatus, number>;
  run: RunSummary | null;
  /** What is going on, in words, and how far it has come. */
  activity: { label: string; done: number; total: number } | null;
  sweep: SweepPoint[];
  narma: NarmaProgress | null;
  report: NarmaReport | null;
  events: LogEvent[];
  /** The sentinel's last decision: what it watches and how far away the limits are. */
  safety: SafetyView;
  /** Of boards with few chips, while they run; absent before the first fit. */
  clocks?: readonly ChipClockView[] | null;
  /** null while nothing drives the board. */
  drive?: DriveView | null;
}

export interface SafetyView {
  action: "none" | "fan-full" | "power-off";
  rule: string;
  reason: string;
  /** Limit minus reading for each watched quantity; null when unknown. */
  margins: { name: string; value: number | null; limit: number; unit: string }[];
}

/** Partial updates by topic. The value replaces that key of the snapshot, except for `nonces` (binary) and `event`, `sweepPoint` (appended). */
export interface Updates {
  state: { state: DeviceState; stateReason: string };
  board: Snapshot["board"];
  setPoint: SetPoint | null;
  readings: Readings;
  totals: Record<NonceStatus, number>;
  run: RunSummary | null;
  activity: Snapshot["activity"];
  sweep: SweepPoint[];
  sweepPoint: SweepPoint;
  narma: NarmaProgress | null;
  report: NarmaReport | null;
  event: LogEvent;
  safety: SafetyView;
  clocks: readonly ChipClockView[] | null;
  drive: DriveView | null;
}
export type Topic = keyof Updates;

/** What each chip, or each core of the only chip, did in the last minute. */
export interface RecentLanes extends LaneHistory {
  readonly axis: "core" | "chip";
}

/**
 * What goes over the WebSocket as text. Nonce batches go as binary (see nonce-frame.ts). An update's `seq` is the last message's plus one; a
 * snapshot may come at any time and starts anew; `caught-up` brings a client that lagged to its seq, with what of the updates in between still counts
 * (api/viewers.ts). `instance` names this start of the daemon, whose seq counts from 0; `resumed`: the
 * updates that were missed follow instead of a snapshot. `lanes`: what the client did not see of the last minute's nonces, or has lost; absent where
 * there were none.
 */
export type ServerMessage =
  | {
      type: "hello";
      protocol: number;
      software: string;
      rig: string;
      origin: Origin;
      instance?: string;
      resumed?: boolean;
      lanes?: RecentLanes;
    }
  | { type: "snapshot"; seq: number; snapshot: Snapshot }
  | { [T in Topic]: { type: "update"; seq: number; topic: T; value: Updates[T] } }[Topic]
  | { type: "caught-up"; seq: number; updates: readonly { [T in Topic]: { topic: T; value: Updates[T] } }[Topic][]; lanes?: RecentLanes };
