/** A rig as a substrate: the input drives the core voltage, the features are what nonces and sensors say during the step. */
import type { Clock } from "../../common/clock.ts";
import { elapsedMs } from "../../common/clock.ts";
import { AsicError, explain } from "../../common/errors.ts";
import { concatNonces, type NonceBatch, STATUS } from "../../common/nonce-batch.ts";
import type { Origin } from "../../common/origin.ts";
import type { BoardReadings } from "../../drivers/boards/board.ts";
import type { StepOutcome, Substrate } from "../../reservoir/substrate.ts";
import type { Session } from "../session.ts";
import { SENSOR_FEATURES, sensorFeatures } from "./sensor-features.ts";

export interface VoltageDrive {
  /** Core voltage for u = 0 and for u = 0.5, mV. */
  readonly minMv: number;
  readonly maxMv: number;
  /** Length of a step, ms. */
  readonly stepMs: number;
}

/**
 * Sums rather than means, so that a step without nonces has a value that is true (0) instead of one that is made up. Residuals
 * in microseconds. Sensors as read at the end of the step.
 */
const FEATURES = [
  "nonces valid",
  "nonces invalid",
  "difficulty sum (log2)",
  "residual sum (us)",
  "residual square sum (us^2)",
  ...SENSOR_FEATURES,
] as const;

export class RigSubstrate implements Substrate {
  readonly name: string;
  readonly origin: Origin;
  readonly featureNames: readonly string[] = FEATURES;
  readonly #session: Session;
  readonly #drive: VoltageDrive;
  readonly #clock: Clock;
  #arrived: NonceBatch[] = [];
  #stop: () => void = () => {};
  #nextNs = 0n;

  constructor(session: Session, drive: VoltageDrive) {
    this.#session = session;
    this.#drive = drive;
    this.#clock = session.clock;
    this.name = session.config.rig;
    this.origin = session.config.origin;
  }

  /** The voltage that stands for an input, mV: u in [0, 0.5] onto the drive's range. */
  voltageFor(u: number): number {
    return this.#drive.minMv + (u / 0.5) * (this.#drive.maxMv - this.#drive.minMv);
  }

  async step(u: number, _index: number, signal?: AbortSignal): Promise<StepOutcome> {
    this.#arrived = [];
    const wantedMv = this.voltageFor(u);
    try {
      const appliedMv = await this.#session.rig.setCoreVoltage(wantedMv);
      const emitted = [{ knob: "core voltage (mV)", value: appliedMv }];
      await this.#sleepToEnd(signal);
      const { readings, failed } = await this.#session.rig.board.read();
      this.#session.recorder.sample(this.#session.readingsOf(readings), this.#session.rig.setPoint, readings.atNs);
      const features = featuresOf(concatNonces(this.#arrived), readings);
      if (failed.length > 0) return { features, emitted, valid: false, reason: `could not read ${failed.join(", ")}` };
      return { features, emitted, valid: true };
    } catch (error) {
      if (signal?.aborted || !(error instanceof AsicError) || error.code === "LINK_LOST") throw error;
      return { features: new Float64Array(FEATURES.length).fill(Number.NaN), emitted: [], valid: false, reason: explain(error) };
    }
  }

  async open(): Promise<void> {
    this.#stop = this.#session.onNonces((batch) => this.#arrived.push(batch));
    this.#nextNs = this.#clock.nowNs();
  }

  async close(): Promise<void> {
    this.#stop();
  }

  /** Steps keep their pace on average: one that came late does not shift those after it, unless it is late by more than a step. */
  async #sleepToEnd(signal?: AbortSignal): Promise<void> {
    const stepNs = BigInt(this.#drive.stepMs) * 1_000_000n;
    this.#nextNs += stepNs;
    const late = elapsedMs(this.#clock, this.#nextNs);
    if (late > this.#drive.stepMs) this.#nextNs = this.#clock.nowNs();
    await this.#clock.sleep(Math.max(0, -late), signal);
  }
}

function featuresOf(nonces: NonceBatch, readings: BoardReadings): Float64Array {
  let valid = 0;
  let invalid = 0;
  let difficulty = 0;
  let residual = 0;
  let residualSquare = 0;
  for (let i = 0; i < nonces.length; i++) {
    if (nonces.status[i] === STATUS.invalid) invalid++;
    if (nonces.status[i] !== STATUS.valid) continue;
    valid++;
    difficulty += nonces.difficultyLog2[i] as number;
    const us = (nonces.residualNs[i] as number) / 1000;
    residual += us;
    residualSquare += us * us;
  }
  return Float64Array.of(valid, invalid, difficulty, residual, residualSquare, ...sensorFeatures(readings));
}
