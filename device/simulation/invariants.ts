/** What must hold in every simulation, whatever goes wrong. Pure: it is told what happens, and keeps what broke a rule. */

import type { DeviceState, SetPoint } from "../../telemetry/messages.ts";
import type { Config } from "../config/schema.ts";
import { BROUGHT_UP_AGAIN } from "../stations/until-cleared.ts";
import type { BoardTruth } from "./board-truth.ts";

export interface Violation {
  readonly rule: string;
  readonly atNs: number;
  readonly what: string;
}

/** Where the daemon may go from each state (DESIGN section 4). Shutting down is possible from anywhere, a fault is left only by another rig. */
export const LEGAL_NEXT: Readonly<Record<DeviceState, readonly DeviceState[]>> = {
  cold: ["identified", "fault"],
  identified: ["limits-verified", "cooling", "fault"],
  "limits-verified": ["armed", "cooling", "fault"],
  armed: ["energised", "cooling", "fault"],
  energised: ["running", "cooling", "fault"],
  running: ["cooling", "fault"],
  cooling: ["armed", "cooling", "cold", "fault"],
  fault: [],
};
const LEGAL_ENDS: readonly DeviceState[] = ["cold", "fault"];

/** device/rig.ts: what the sentinel's passing is good for. */
const LEASE_NS = 5e9;
/** A watch that comes back late, and the way off: chips into reset, supply off, discharge. */
const SWITCH_OFF_NS = 4e9;
/** specs/bm1387.md 4.1: ten seconds without a heartbeat; the beat before may have been just sent, and the lease just renewed. */
const PIC_CUTS_NS = 10e9 + LEASE_NS + 2e9;

/** A supply whose switch did not obey is cut by the PIC, which is beaten no more: ten seconds after the last beat. */
const PIC_INSTEAD_NS = 12e9;

/** What an observer outside sees at one moment. */
export interface Sight {
  readonly truth: BoardTruth;
  /** The daemon can act: its process lives, its code runs, and the bridge takes its orders. */
  readonly canAct: boolean;
  /** The bus to regulator and sensors works too. */
  readonly canSwitchSupply: boolean;
}

export class Invariants {
  readonly violations: Violation[] = [];
  readonly #nowNs: () => number;
  readonly #hasWatchdog: boolean;
  #state: DeviceState = "cold";
  #reason = "";
  #passedNs = Number.NEGATIVE_INFINITY;
  #energisedNs: number | null = null;
  /** Since when the daemon could do something about it, without a break. */
  #ableSinceNs: number | null = null;
  #ableSupplySinceNs: number | null = null;
  #faultNs: number | null = null;
  #safeNs: number | null = null;
  readonly #told = new Set<string>();
  #limits: Config["limits"] = {};
  #faultsNs = Number.NEGATIVE_INFINITY;
  #mayFail = true;

  /** `hasWatchdog`: the board cuts its supply by itself when nobody beats (the S9's PIC). */
  constructor(nowNs: () => number, hasWatchdog: boolean) {
    this.#nowNs = nowNs;
    this.#hasWatchdog = hasWatchdog;
  }

  get state(): DeviceState {
    return this.#state;
  }

  /** How long after the last fault the board was safe, ms; null when there was none, or it was not. */
  get msToSafe(): number | null {
    return this.#faultNs === null || this.#safeNs === null ? null : (this.#safeNs - this.#faultNs) / 1e6;
  }

  /** When it last went into fault, virtual ns; -Infinity when it never did. */
  get lastFaultNs(): number {
    return this.#faultsNs;
  }

  /** Nothing is wrong with this board of several: from here on it must not go into fault. */
  mustGoOn(): void {
    this.#mayFail = false;
  }

  /** Something was done to it, or to what it shares with others: a fault of it is no surprise. */
  harmed(): void {
    this.#mayFail = true;
  }

  /** The daemon has taken these limits. */
  limited(limits: Config["limits"]): void {
    this.#limits = limits;
  }

  /** The daemon stands at this set-point. */
  moved({ coreVoltageMv, frequencyMhz }: SetPoint): void {
    const { minCoreVoltageMv = 0, maxCoreVoltageMv = Infinity, minFrequencyMhz = 0, maxFrequencyMhz = Infinity } = this.#limits;
    if (coreVoltageMv < minCoreVoltageMv || coreVoltageMv > maxCoreVoltageMv)
      this.broken("within-limits", `${coreVoltageMv} mV, and ${minCoreVoltageMv} to ${maxCoreVoltageMv} are in force`);
    if (frequencyMhz < minFrequencyMhz || frequencyMhz > maxFrequencyMhz)
      this.broken("within-limits", `${frequencyMhz} MHz, and ${minFrequencyMhz} to ${maxFrequencyMhz} are in force`);
  }

  /** Each rule is broken once in a run: what follows from it says nothing new. */
  broken(rule: string, what: string): void {
    if (this.#told.has(rule)) return;
    this.#told.add(rule);
    this.violations.push({ rule, atNs: this.#nowNs(), what });
  }

  /** A new process knows nothing yet; nor does the rig that follows a fault which a person has cleared. */
  begun(): void {
    this.#state = "cold";
    this.#reason = "";
    this.#passedNs = Number.NEGATIVE_INFINITY;
    this.#faultNs = null;
    this.#safeNs = null;
  }

  entered(state: DeviceState, reason: string): void {
    if (this.#state === "fault" && state === "cold" && reason === BROUGHT_UP_AGAIN) {
      this.begun();
      this.#reason = reason;
      return;
    }
    // Cold with another reason is no step: a board that is waited for says for what, one that was stopped before it was found says so.
    const stays = state === "cold" && this.#state === "cold";
    if (!stays && !LEGAL_NEXT[this.#state].includes(state)) this.broken("legal-transitions", `${this.#state} -> ${state} (${reason})`);
    this.#state = state;
    this.#reason = reason;
    if (state !== "fault") return;
    this.#faultNs = this.#faultsNs = this.#nowNs();
    if (!this.#mayFail) this.broken("neighbour-goes-on", `nothing was done to this board, and it went into fault: ${reason}`);
  }

  /** The sentinel looked and let the board go on. */
  passed(): void {
    this.#passedNs = this.#nowNs();
  }

  jobSent(): void {
    if (this.#nowNs() - this.#passedNs > LEASE_NS)
      this.broken("no-output-without-lease", `a job left ${this.#sincePass()} after the sentinel last passed the board`);
  }

  look({ truth, canAct, canSwitchSupply }: Sight): void {
    const nowNs = this.#nowNs();
    this.#ableSinceNs = canAct ? (this.#ableSinceNs ?? nowNs) : null;
    this.#ableSupplySinceNs = canAct && canSwitchSupply ? (this.#ableSupplySinceNs ?? nowNs) : null;
    this.#lookAtLease(truth, nowNs);
    this.#lookAtFault(truth, nowNs);
  }

  /** The daemon's end, at its own will. */
  ended(truth: BoardTruth, canAct: boolean): void {
    if (!LEGAL_ENDS.includes(this.#state) || this.#reason === "")
      this.broken("legal-end", `the daemon ended ${this.#state} with the reason "${this.#reason}"`);
    if (canAct && this.#state === "cold" && truth.running) this.broken("safe-at-the-end", "the daemon ended cold and the chips run on");
  }

  #lookAtLease(truth: BoardTruth, nowNs: number): void {
    const was = this.#energisedNs;
    this.#energisedNs = truth.running ? (was ?? nowNs) : null;
    if (!truth.running) return;
    const sinceNs = nowNs - this.#passedNs;
    // A supply that comes back by itself to chips whose reset nobody could assert is nobody's doing; what is done about it is the next rule's.
    if (was === null && sinceNs > LEASE_NS && this.#ableSinceNs !== null)
      this.broken("not-energised-unseen", `chips were let run ${this.#sincePass()} after the sentinel last passed the board`);
    if (sinceNs <= LEASE_NS) return;
    const ableNs = this.#ableSinceNs === null ? 0 : nowNs - this.#ableSinceNs;
    if (ableNs > LEASE_NS + SWITCH_OFF_NS && sinceNs > LEASE_NS + SWITCH_OFF_NS)
      this.broken("lease", `chips run ${this.#sincePass()} after the sentinel last passed the board, and the daemon could act`);
    if (this.#hasWatchdog && sinceNs > PIC_CUTS_NS)
      this.broken("watchdog", `the board's own watchdog has not cut the supply ${this.#sincePass()} after the last pass`);
  }

  #lookAtFault(truth: BoardTruth, nowNs: number): void {
    if (this.#faultNs === null) return;
    const safe = !truth.running && !truth.supplyOn;
    if (safe) this.#safeNs ??= nowNs;
    const ableNs = nowNs - Math.max(this.#ableSinceNs ?? nowNs, this.#faultNs);
    const supplyNs = nowNs - Math.max(this.#ableSupplySinceNs ?? nowNs, this.#faultNs);
    if (truth.running && ableNs > SWITCH_OFF_NS)
      this.broken("safe-after-fault", `${(ableNs / 1e9).toFixed(1)} s after the fault (${this.#reason}) the chips are out of reset`);
    if (truth.supplyOn && supplyNs > (this.#hasWatchdog ? PIC_INSTEAD_NS : SWITCH_OFF_NS))
      this.broken("safe-after-fault", `${(supplyNs / 1e9).toFixed(1)} s after the fault (${this.#reason}) the supply is on`);
  }

  #sincePass(): string {
    const sinceNs = this.#nowNs() - this.#passedNs;
    return Number.isFinite(sinceNs) ? `${(sinceNs / 1e9).toFixed(1)} s` : "for ever";
  }
}
