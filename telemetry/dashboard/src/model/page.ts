/** What the panels read: signals, filled by the link. */
import { batch, computed, signal } from "@preact/signals";
import { LaneTally } from "../../../lane-tally.ts";
import { lanesFor, rows } from "../../../lanes.ts";
import type { Readings, RecentLanes, Snapshot } from "../../../messages.ts";
import type { NonceFrame } from "../../../nonce-frame.ts";
import { followBoards, namedBoard, ofBoard } from "./boards.ts";
import { type Connection, freshness, noteReadings, type Seen } from "./freshness.ts";
import { ReadingsHistory } from "./history.ts";
import { openLink } from "./link.ts";
import { NonceWindow } from "./nonce-window.ts";
import { follow, isAnother, type Subject } from "./subject.ts";

export const connection = signal<Connection>("connecting");
/** When the next attempt starts, ms since 1970; null while connected or connecting. */
export const retryAtMs = signal<number | null>(null);
export const snapshot = signal<Snapshot | null>(null);
/** Wall clock of the page, once a second. */
export const nowMs = signal(Date.now());
/** Counts additions to the history: charts redraw when it changes. */
export const historyVersion = signal(0);

export const history = new ReadingsHistory();
export const nonces = new NonceWindow();

const subject = signal<Subject | null>(null);
/** The board whose nonces the charts show: stays while it is looked for again. */
export const chartedBoard = computed(() => subject.value?.board ?? null);
/** What the raster's rows and the chip map's cells are. */
export const lanes = computed(() => lanesFor(chartedBoard.value));

let tally = { axis: lanes.peek().axis, counts: new LaneTally(rows(lanes.peek())) };
/** What the daemon had counted, and when it said so, until the snapshot has told of which board. */
let told: { readonly recent: RecentLanes | null; readonly atMs: number } | null = null;

function takeTold(): void {
  if (told === null) return;
  const { recent, atMs } = told;
  told = null;
  const { axis } = lanes.peek();
  const count = rows(lanes.peek());
  const own = recent !== null && recent.axis === axis && recent.lanes === count;
  tally = { axis, counts: own ? LaneTally.from(recent, atMs) : new LaneTally(count) };
}

/** What each of `lanes` did in the last minute. */
export function laneTally(): LaneTally {
  const { axis } = lanes.peek();
  const count = rows(lanes.peek());
  if (tally.axis !== axis || tally.counts.lanes !== count) tally = { axis, counts: new LaneTally(count) };
  return tally.counts;
}

function countLanes(frame: NonceFrame, pageMs: number): void {
  const counts = laneTally();
  const lane = tally.axis === "core" ? frame.core : frame.chip;
  for (let i = 0; i < frame.length; i++) {
    counts.add(lane[i] as number, frame.status[i] as number, (frame.residualNs[i] as number) / 1e6, pageMs);
  }
}

const messageAtMs = signal<number | null>(null);
const seen = signal<Seen | null>(null);

export const freshnessNow = computed(() => freshness(connection.value, messageAtMs.value, seen.value?.atMs ?? null, nowMs.value));
export const pageStale = computed(() => freshnessNow.value.pageStale);
export const readingsStale = computed(() => freshnessNow.value.readingsStale);

/** One part of the snapshot; unchanged parts do not wake their panels. */
function part<K extends keyof Snapshot>(key: K) {
  return computed<Snapshot[K] | null>(() => snapshot.value?.[key] ?? null);
}
export const rig = part("rig");
export const origin = part("origin");
export const software = part("software");
export const deviceState = part("state");
export const stateReason = part("stateReason");
export const board = part("board");
export const setPoint = part("setPoint");
export const readings = part("readings");
export const totals = part("totals");
export const run = part("run");
export const activity = part("activity");
export const sweep = part("sweep");
export const narma = part("narma");
export const report = part("report");
export const events = part("events");
export const safety = part("safety");
export const clocks = part("clocks");
export const drive = part("drive");

/** Where the daemon serves this board's socket, relative to this page: works behind a proxy path. */
function socketUrl(): string {
  const url = new URL(ofBoard("ws", namedBoard(location.search)), location.href.replace(/[^/]*([?#].*)?$/, ""));
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

export const EMERGENCY_OFF_PATH = "api/v1/emergency-off";

/** The socket's messages so far came before its first snapshot. */
let beforeSnapshot = true;

export function startPage(): void {
  setInterval(() => {
    nowMs.value = Date.now();
  }, 1000);
  followBoards();
  openLink(socketUrl(), {
    connection(state, retryAt) {
      batch(() => {
        if (connection.value !== "reload" || state === "connected") connection.value = state;
        retryAtMs.value = retryAt;
        nowMs.value = Date.now();
      });
      if (state !== "connecting") return;
      nonces.newConnection();
      beforeSnapshot = true;
    },
    model(model) {
      const next = model.snapshot;
      if (next === null) return;
      const first = beforeSnapshot;
      beforeSnapshot = false;
      const before = subject.peek();
      if (before !== null && isAnother(before, next)) {
        history.clear();
        nonces.clear();
        tally = { ...tally, counts: new LaneTally(tally.counts.lanes) };
      }
      batch(() => {
        messageAtMs.value = Date.now();
        takeReadings(next.readings, first);
        subject.value = follow(before, next);
        snapshot.value = next;
      });
      takeTold();
      nonces.watch(performance.now());
    },
    lanes(recent, snapshotFollows) {
      told = { recent, atMs: performance.now() };
      if (!snapshotFollows) takeTold();
    },
    nonces(frame) {
      messageAtMs.value = Date.now();
      const difficulty = setPoint.peek()?.ticketDifficulty ?? 1;
      const pageMs = performance.now();
      nonces.add(frame, Math.log2(Math.max(1, difficulty)), pageMs);
      countLanes(frame, pageMs);
    },
  });
}

function takeReadings(next: Readings | null, inFirstSnapshot: boolean): void {
  seen.value = noteReadings(seen.value, next?.wallMs ?? null, inFirstSnapshot, Date.now());
  if (next !== null && history.push(next)) historyVersion.value++;
}
