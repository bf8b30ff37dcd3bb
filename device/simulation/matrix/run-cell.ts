/** One cell of the fault matrix: the whole daemon in virtual time, brought to a state, struck, and watched until it is clear what came of it. */
import { AsicError } from "../../../common/errors.ts";
import type { DeviceState } from "../../../telemetry/messages.ts";
import { latches } from "../../latches.ts";
import type { Scenario } from "../scenario.ts";
import { type Bench, simulate } from "../simulation.ts";
import { type Cell, KINDS, STRIKES_AFTER_MS } from "./cells.ts";

export interface CellResult {
  readonly origin: "twin";
  readonly cell: Cell;
  /** What the daemon was when the fault struck; null when the state was never entered. */
  readonly struckIn: DeviceState | null;
  /** The supply was on, or a chip out of reset, at that moment or later. */
  readonly wasOn: boolean;
  /** Where the daemon was when the fault was judged. */
  readonly ended: DeviceState;
  /** Why it went into fault, in its own words; null when it did not. */
  readonly why: string | null;
  /** From the strike to the daemon's fault, ms. */
  readonly toFaultMs: number | null;
  /** From the strike, or from when the board came on after it, to chips in reset or without supply for good, ms; null when they run on or never were on. */
  readonly chipsOffMs: number | null;
  /** The same to the first moment when no chip ran and what supply can be switched was off. A daemon that was started again may bring the board up again. */
  readonly offMs: number | null;
  /** The supply was on, or a chip out of reset, when the fault was judged. */
  readonly onAtEnd: boolean;
  /** The daemon warned of something between the strike and then. */
  readonly noticed: boolean;
  readonly latched: readonly string[];
  /** Broken rules of docs/simulation.md and of the matrix itself. */
  readonly broken: readonly string[];
}

const SEED = 5;
const WORK_SCALE = { "bitaxe-ultra": 24, s9: 28 } as const;
/** No bring-up takes so long; it only bounds a simulation that goes nowhere. */
const MOST_MS = 300_000;
const LOOK_MS = 20;
/** The record of the fault is written within (device/rig.ts: at the latest 5 s after it). */
const AFTERWARDS_MS = 1_000;
/** Waited for after a fault is over: it may be noticed late. */
const LATE_MS = 4_000;

/** `write` gets every line of the event log. */
export async function runCell(cell: Cell, write: (line: string) => void = () => {}): Promise<CellResult> {
  const watch = new CellWatch(cell);
  const outcome = await simulate(scenarioOf(cell), {
    write,
    lingerMs: cell.state === "cooling" ? cell.holdMs + LATE_MS : 0,
    meddle: (bench) => watch.begin(bench),
    published: (update) => {
      if (update.topic === "state") watch.entered(update.value.state, update.value.stateReason);
      if (update.topic === "event" && update.value.level !== "info") watch.warned();
    },
  });
  const { struckIn, wasOn, ended, why, toFaultMs, chipsOffMs, offMs, onAtEnd, noticed } = watch;
  const { latched } = outcome;
  const broken = [
    ...outcome.violations.map(({ rule, what }) => `${rule}: ${what.split("\n")[0]}`),
    ...unexplained(watch, latched, cell.fault === "killed"),
  ];
  return { origin: "twin", cell, struckIn, wasOn, ended, why, toFaultMs, chipsOffMs, offMs, onAtEnd, noticed, latched, broken };
}

/** The cause is in words, with a code; what must latch has latched. */
function unexplained({ why }: CellWatch, latched: readonly string[], processLost: boolean): string[] {
  if (why === null) return [];
  const code = /^([A-Z][A-Z0-9_]+): \S/.exec(why)?.[1];
  if (code === undefined) return [`explained: the fault has no code and says "${why}"`];
  if (processLost || !latches(new AsicError(code, "", "")) || latched.includes(code)) return [];
  return [`latched: ${code} is in no control store`];
}

function scenarioOf({ kind }: Cell): Scenario {
  const { board, variant, chips } = KINDS[kind];
  return {
    seed: SEED,
    board,
    variant,
    chips,
    workScale: WORK_SCALE[board],
    durationMs: MOST_MS,
    faults: [],
    emergencyOffAtMs: null,
    plan: [],
  };
}

class CellWatch {
  readonly #cell: Cell;
  #bench: Bench | null = null;
  #state: DeviceState = "cold";
  #struckNs: number | null = null;
  #planned = false;
  /** Since when it has been on without a break, after the strike. */
  #onNs: number | null = null;
  #chipsOffNs: number | null = null;
  #offNs: number | null = null;
  /** Since when nothing has been on. */
  #calmSinceNs: number | null = null;
  #judged = false;
  struckIn: DeviceState | null = null;
  wasOn = false;
  onAtEnd = false;
  noticed = false;
  ended: DeviceState = "cold";
  why: string | null = null;
  toFaultMs: number | null = null;

  constructor(cell: Cell) {
    this.#cell = cell;
  }

  get chipsOffMs(): number | null {
    return this.#since(this.#chipsOffNs);
  }

  get offMs(): number | null {
    return this.#since(this.#offNs);
  }

  begin(bench: Bench): void {
    this.#bench = bench;
    if (this.#cell.state === "cold") this.#strike();
    const look = () => {
      this.#look(bench);
      bench.time.after(LOOK_MS, look);
    };
    bench.time.after(LOOK_MS, look);
  }

  warned(): void {
    if (this.#struckNs !== null && !this.#judged) this.noticed = true;
  }

  entered(state: DeviceState, reason: string): void {
    const bench = this.#bench as Bench;
    this.#state = state;
    if (!this.#judged) this.ended = state;
    if (state === "fault" && this.#struckNs !== null && this.why === null) {
      this.why = reason;
      this.toFaultMs = (bench.time.nowNs - this.#struckNs) / 1e6;
    }
    if (this.#planned || this.#struckNs !== null) return;
    if (this.#cell.state === "cooling" && state === "running") bench.time.after(1_000, () => bench.stop());
    if (state !== this.#cell.state) return;
    this.#planned = true;
    const afterMs = STRIKES_AFTER_MS[state];
    if (afterMs === 0) this.#strike();
    else bench.time.after(afterMs, () => this.#strike());
  }

  #strike(): void {
    const { fault, value, holdMs } = this.#cell;
    const bench = this.#bench as Bench;
    this.#struckNs = bench.time.nowNs;
    this.struckIn = this.#state;
    const { running, supplyOn } = bench.board.truth();
    if (running || supplyOn) {
      this.wasOn = true;
      this.#onNs = bench.time.nowNs;
    }
    bench.strike({ name: fault, value }, holdMs);
    bench.time.after(holdMs + LATE_MS, () => this.#judge(bench));
  }

  #look(bench: Bench): void {
    if (this.#struckNs === null || this.#judged) return;
    bench.board.advance();
    const { running, supplyOn } = bench.board.truth();
    const { nowNs } = bench.time;
    if (running || supplyOn) {
      this.wasOn = true;
      this.#onNs ??= nowNs;
      // A daemon that was started again may bring it up again: the first time counts.
    } else if (this.wasOn) this.#offNs ??= nowNs;
    if (running) this.#chipsOffNs = null;
    else if (this.wasOn) this.#chipsOffNs ??= nowNs;
    this.onAtEnd = running || supplyOn;
    this.#calmSinceNs = running || supplyOn ? null : (this.#calmSinceNs ?? nowNs);
    if (this.#state === "fault" && this.#calmSinceNs !== null && nowNs - this.#calmSinceNs >= AFTERWARDS_MS * 1e6) this.#judge(bench);
  }

  #judge(bench: Bench): void {
    if (this.#judged) return;
    this.#judged = true;
    this.ended = this.#state;
    bench.stop();
  }

  #since(ns: number | null): number | null {
    return ns === null || this.#onNs === null ? null : Math.max(0, Math.round((ns - this.#onNs) / 1e6));
  }
}
