/** A chain whose chips have clocks of their own: the input moves all of them, and each one's neighbours' answers move it (DESIGN section 1.4). */
import { AsicError, explain } from "../../common/errors.ts";
import { type NonceBatch, STATUS } from "../../common/nonce-batch.ts";
import type { Origin } from "../../common/origin.ts";
import type { StepOutcome, Substrate } from "../../reservoir/substrate.ts";
import { activityOf, chipDrive, couplingMatrix } from "../dispatcher/coupling.ts";
import type { ChorusMode } from "../dispatcher/drive-mode.ts";
import type { Session } from "../session.ts";
import { SENSOR_FEATURES, sensorFeatures } from "./sensor-features.ts";

export class ChorusSubstrate implements Substrate {
  readonly name: string;
  readonly origin: Origin;
  readonly featureNames: readonly string[];
  readonly #session: Session;
  readonly #mode: ChorusMode;
  readonly #stepMs: number;
  readonly #homeMhz: number;
  readonly #matrix: readonly (readonly number[])[];
  #counts: number[];
  #invalid = 0;
  #activity: readonly number[];
  #unsubscribe: () => void = () => {};

  /** At the rig's present set-point, which is the middle of the drive. */
  constructor(session: Session, mode: ChorusMode, stepMs: number) {
    const { chips, frequencyMhz } = session.rig.chain;
    this.#session = session;
    this.#mode = mode;
    this.#stepMs = stepMs;
    this.#homeMhz = frequencyMhz;
    this.#matrix = couplingMatrix(chips, mode.coupling.reach);
    this.#counts = Array<number>(chips).fill(0);
    this.#activity = this.#counts;
    this.name = session.config.rig;
    this.origin = session.config.origin;
    this.featureNames = [...this.#counts.map((_, chip) => `chip ${chip}: nonces valid`), "nonces invalid", ...SENSOR_FEATURES];
  }

  open(): Promise<void> {
    this.#unsubscribe = this.#session.onNonces((batch) => this.#count(batch));
    return Promise.resolve();
  }

  async step(u: number, _index: number, signal?: AbortSignal): Promise<StepOutcome> {
    const { rig, clock, recorder } = this.#session;
    const { min: minMhz, max: maxMhz } = rig.limits.frequencyMhz;
    const place = { homeMhz: this.#homeMhz, limits: { minMhz, maxMhz } };
    const { clocksMhz, offsetsMhz } = chipDrive(u, this.#activity, this.#matrix, this.#mode.coupling, place);
    try {
      const applied = await rig.setChipFrequencies(clocksMhz, signal);
      this.#counts = this.#counts.map(() => 0);
      this.#invalid = 0;
      await clock.sleep(this.#stepMs, signal);
      const { readings, failed } = await rig.board.read();
      recorder.sample(this.#session.readingsOf(readings), rig.setPoint, readings.atNs);
      this.#activity = activityOf(this.#counts);
      const features = Float64Array.from([...this.#counts, this.#invalid, ...sensorFeatures(readings)]);
      const emitted = [
        ...applied.map((value, chip) => ({ knob: `chip ${chip}: clock (MHz)`, value })),
        ...offsetsMhz.map((value, chip) => ({ knob: `chip ${chip}: fed back (MHz)`, value })),
      ];
      if (failed.length > 0) return { features, emitted, valid: false, reason: `could not read ${failed.join(", ")}` };
      return { features, emitted, valid: true };
    } catch (error) {
      if (signal?.aborted || !(error instanceof AsicError) || error.code === "LINK_LOST") throw error;
      return { features: new Float64Array(this.featureNames.length).fill(Number.NaN), emitted: [], valid: false, reason: explain(error) };
    }
  }

  /** All chips back to one clock: what a rig calls its frequency is that of the fastest. */
  async close(): Promise<void> {
    this.#unsubscribe();
    const { rig } = this.#session;
    if (rig.state === "running") await rig.setChipFrequencies(this.#counts.map(() => this.#homeMhz));
  }

  #count(batch: NonceBatch): void {
    for (let i = 0; i < batch.length; i++) {
      const chip = batch.chip[i] as number;
      if (batch.status[i] === STATUS.invalid) this.#invalid++;
      else if (batch.status[i] === STATUS.valid && chip < this.#counts.length) this.#counts[chip] = (this.#counts[chip] ?? 0) + 1;
    }
  }
}
