/** A rig that is recorded and watched: what sweeps and experiments work with. */
import { type Clock, elapsedMs } from "../common/clock.ts";
import type { NonceBatch } from "../common/nonce-batch.ts";
import type { BoardReadings } from "../drivers/boards/board.ts";
import type { WireRecord } from "../drivers/transport/traced-link.ts";
import type { Hub } from "../telemetry/hub.ts";
import type { Readings } from "../telemetry/messages.ts";
import type { Store } from "../telemetry/store/store.ts";
import { ChipClockWatch } from "./chip-clocks.ts";
import type { Config } from "./config/schema.ts";
import { CoreSurvey, silentCoresText } from "./core-survey.ts";
import { openHardware, type Ports } from "./hardware/open.ts";
import { HashRateMeter } from "./hash-rate.ts";
import { Recorder } from "./recorder.ts";
import { Rig } from "./rig.ts";
import type { RigEvents } from "./rig-events.ts";
import { NO_SAFEGUARDS, type SafeguardKinds } from "./safeguards.ts";
import { expectedNoncesPerSecond, SilenceWatch } from "./silence.ts";
import { SOFTWARE } from "./version.ts";

/** People see the chips' clocks no faster than this, and no more of them: telemetry/messages.ts, `clocks`. */
const CLOCKS_PERIOD_MS = 10_000;
const CLOCKS_SHOWN = 8;

export interface SessionParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly ports: Ports;
  readonly store: Store;
  readonly hub: Hub;
  readonly safeguards?: SafeguardKinds;
  readonly trace?: ((entry: WireRecord) => void) | undefined;
  /** Called for each passed evaluation of the board's safety. */
  readonly passed?: (() => void) | undefined;
}

export class Session {
  readonly config: Config;
  readonly clock: Clock;
  readonly hub: Hub;
  readonly store: Store;
  readonly recorder: Recorder;
  readonly rig: Rig;
  readonly #meter: HashRateMeter;
  #fanPercent: number | null = null;
  #survey = new CoreSurvey();
  readonly #clocks = new ChipClockWatch();
  #clocksNs: bigint;
  readonly #silence: SilenceWatch;
  readonly #nonceListeners = new Set<(batch: NonceBatch) => void>();
  readonly #readingListeners = new Set<(readings: Readings) => void>();

  constructor({ config, clock, ports, store, hub, safeguards = NO_SAFEGUARDS, trace, passed }: SessionParts) {
    this.config = config;
    this.clock = clock;
    this.#clocksNs = clock.nowNs();
    this.#silence = new SilenceWatch(clock.nowNs());
    this.hub = hub;
    this.store = store;
    const provenance = { software: SOFTWARE, node: process.versions.node, config };
    this.recorder = new Recorder(store, hub, clock, { origin: config.origin, provenance }, () => {
      const clocks = this.#clocks.report();
      this.#clocks.restart();
      return clocks.chips.length > 0 ? [{ kind: "chip-clocks", value: clocks }] : [];
    });
    this.#meter = new HashRateMeter(clock.nowNs());
    const events: RigEvents = {
      state: (state, stateReason) => {
        hub.publish("state", { state, stateReason });
        this.recorder.log("info", "rig", `${state}: ${stateReason}`);
      },
      board: (identity, chain) =>
        hub.publish("board", {
          model: identity.model,
          regulator: identity.regulator,
          chips: chain?.chips ?? 0,
          chipId: chain?.chipId ?? "",
        }),
      readings: (readings, decision, fanPercent) => {
        this.#fanPercent = fanPercent;
        const shown = this.readingsOf(readings);
        this.recorder.readings(shown, this.rig.setPoint, readings.atNs);
        hub.publish("safety", { ...decision, margins: [...decision.margins] });
        this.#noticeSilence();
        for (const listener of this.#readingListeners) listener(shown);
      },
      ...(passed ? { passed } : {}),
      setPoint: (setPoint) => {
        this.#meter.restart(clock.nowNs());
        this.#clocks.restart();
        this.#silence.restart(clock.nowNs());
        hub.publish("setPoint", setPoint);
        this.recorder.setPoint(setPoint);
      },
      jobs: (jobs) => {
        this.#clocks.jobs(jobs);
        this.recorder.jobs(jobs);
      },
      nonces: (batch) => {
        const again = this.#silence.heard(batch, clock.nowNs());
        if (again !== null) this.recorder.log("info", "rig", again);
        this.#meter.add(batch, Math.log2(this.rig.setPoint?.ticketDifficulty ?? 1));
        this.#survey.add(batch);
        this.#clocks.nonces(batch);
        this.#showClocks();
        this.recorder.nonces(batch);
        for (const listener of this.#nonceListeners) listener(batch);
      },
      wire: (counters, chips) => {
        void this.recorder.result("wire", counters).catch(() => {});
        const silent = this.#survey.silent(chips, this.rig.cores) ?? [];
        if (silent.length > 0) this.recorder.log("warning", "survey", silentCoresText(silent));
        this.#survey = new CoreSurvey();
      },
      activity: (label, done, total) => hub.publish("activity", { label, done, total }),
      log: (level, text) => this.recorder.log(level, "rig", text),
    };
    this.rig = new Rig(
      config,
      clock,
      events,
      (lease) => openHardware(config, { clock, ports, lease, say: (text) => this.recorder.log("info", "board", text), trace }),
      safeguards,
    );
  }

  /** Chips that are driven by a mode of their own may have to wait for the next word: nothing is said of those. */
  #noticeSilence(): void {
    const nowNs = this.clock.nowNs();
    const { setPoint, state } = this.rig;
    const { drive = null, board } = this.hub.snapshot();
    if (state !== "running" || setPoint === null || drive !== null) {
      this.#silence.restart(nowNs);
      return;
    }
    const expected = expectedNoncesPerSecond(this.rig.expectedGhs(setPoint.frequencyMhz), setPoint.ticketDifficulty);
    const text = this.#silence.look(nowNs, expected, board?.chips ?? 1);
    if (text !== null) this.recorder.log("warning", "rig", text);
  }

  /** A fit costs milliseconds a chip: of a whole S9 board it waits for the end of the run. */
  #showClocks(): void {
    if (elapsedMs(this.clock, this.#clocksNs) < CLOCKS_PERIOD_MS) return;
    this.#clocksNs = this.clock.nowNs();
    if ((this.hub.snapshot().board?.chips ?? 0) > CLOCKS_SHOWN) return;
    const { chips } = this.#clocks.report();
    this.hub.publish("clocks", chips.length === 0 ? null : chips);
  }

  /** Board readings in the form people and the record see, with the hash rate beside them. */
  readingsOf(readings: BoardReadings): Readings {
    const running = this.rig.state === "running" && this.rig.setPoint !== null;
    return {
      wallMs: this.clock.wallMs(),
      coreVoltageMv: readings.coreVoltageMv,
      inputVoltageMv: readings.inputVoltageMv,
      inputCurrentMa: readings.inputCurrentMa,
      powerW: readings.powerMw === null ? null : readings.powerMw / 1000,
      chipTempC: readings.chipTempC,
      boardTempC: readings.boardTempC,
      regulatorTempC: readings.regulatorTempC,
      fanRpm: readings.fanRpm,
      fanPercent: this.#fanPercent,
      hashRateGhs: running ? this.#meter.rateGhs(this.clock.nowNs()) : null,
      expectedGhs: running ? this.rig.expectedGhs(this.rig.setPoint?.frequencyMhz ?? 0) : null,
    };
  }

  onNonces(listener: (batch: NonceBatch) => void): () => void {
    this.#nonceListeners.add(listener);
    return () => this.#nonceListeners.delete(listener);
  }

  onReadings(listener: (readings: Readings) => void): () => void {
    this.#readingListeners.add(listener);
    return () => this.#readingListeners.delete(listener);
  }
}
