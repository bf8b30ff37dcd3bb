/** What a daemon tells of itself through its hub, kept by the observer: states, what it does, and what it complains of. */
import type { Hub, HubUpdate } from "../../telemetry/hub.ts";
import type { Place } from "./coverage.ts";
import { digest, type EventLog } from "./event-log.ts";
import { hubText } from "./hub-text.ts";
import type { Invariants } from "./invariants.ts";
import type { Moment } from "./strikes.ts";
import type { VirtualProcess } from "./virtual-process.ts";

export interface DaemonWatchParts {
  readonly log: EventLog;
  readonly invariants: Invariants;
  published(update: HubUpdate): void;
  came(moment: Moment): void;
  /** It went into fault. */
  faulted(process: VirtualProcess): void;
  /** It warns of something, or worse. */
  complained(): void;
}

export class DaemonWatch {
  /** Chips were hashing at the set-point at some time. */
  ran = false;
  readonly #parts: DaemonWatchParts;
  #sweeping = false;

  constructor(parts: DaemonWatchParts) {
    this.#parts = parts;
  }

  /** What the daemon of a process that lives is doing. */
  get place(): Place {
    const { state } = this.#parts.invariants;
    return state === "running" && this.#sweeping ? "sweep" : state;
  }

  /** Another process, which has said nothing yet. */
  begun(): void {
    this.#sweeping = false;
    this.#parts.invariants.begun();
    this.#parts.came("cold");
  }

  follow(hub: Hub, process: VirtualProcess): void {
    const { log } = this.#parts;
    hub.subscribe({
      update: (update) => {
        if (!process.alive) return;
        log.add("hub", `${update.topic} ${hubText(update)}`);
        this.#parts.published(update);
        this.#heard(update, process);
      },
      nonces: ({ length, nonce }, seq) => {
        if (process.alive)
          log.add("hub", `nonces ${seq}: ${length} ${digest(Buffer.from(nonce.buffer, nonce.byteOffset, nonce.byteLength))}`);
      },
    });
  }

  #heard(update: HubUpdate, process: VirtualProcess): void {
    const { invariants, came, faulted, complained } = this.#parts;
    if (update.topic === "setPoint") {
      if (update.value !== null) invariants.moved(update.value);
      came("set-point");
    } else if (update.topic === "safety" && update.value.action !== "power-off") invariants.passed();
    else if (update.topic === "event" && update.value.level !== "info") complained();
    else if (update.topic === "run") {
      const sweeps = update.value?.kind === "sweep" && update.value.status === "running";
      if (sweeps && !this.#sweeping) came("sweep");
      this.#sweeping = sweeps;
    } else if (update.topic === "state") {
      const { state, stateReason } = update.value;
      invariants.entered(state, stateReason);
      if (state === "running") this.ran = true;
      if (state === "fault") faulted(process);
      // A daemon begins cold; a board is armed at the same moment as its limits are verified.
      if (state !== "cold" && state !== "limits-verified") came(state);
    }
  }
}
