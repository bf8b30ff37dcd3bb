/** A rig that replays one job: its state is what became of each of the nonces that the job is known to have (DESIGN section 1.3). */
import type { HeaderFields } from "../../common/block-header.ts";
import { NS_PER_MS } from "../../common/clock.ts";
import { AsicError, explain } from "../../common/errors.ts";
import { concatNonces, type NonceBatch, sliceNonces } from "../../common/nonce-batch.ts";
import type { Origin } from "../../common/origin.ts";
import type { Exchange } from "../../drivers/bm13xx/exchange.ts";
import type { StepOutcome, Substrate } from "../../reservoir/substrate.ts";
import type { GoldenMode } from "../dispatcher/drive-mode.ts";
import { Enrolment, type GoldenSet, scoreReplay } from "../dispatcher/golden.ts";
import type { WorkDialogue } from "../hardware/hardware.ts";
import { syntheticHeaders } from "../jobs.ts";
import type { Session } from "../session.ts";
import { awaited } from "./awaited.ts";
import type { Replayer } from "./replayer.ts";
import type { VoltageDrive } from "./rig-substrate.ts";
import { SENSOR_FEATURES, sensorFeatures } from "./sensor-features.ts";
import { WorkReplayer } from "./work-replayer.ts";

/** A replay ends by its time, not by its answers: more than a chip finds in it. */
const MOST_ANSWERS = 64;
/** After the end of a replay: answers that are still on their way. */
const STRAGGLERS_MS = 5;
/** Words leave only under the sentinel's lease, which is renewed ten times a second. */
const PATIENCE_MS = 5_000;

/** What became of the golden nonces between enrolment and the end of a run, at the same set-point. */
export interface GoldenCheck {
  readonly replays: number;
  /** Share of golden nonces hit, over all replays. */
  readonly hitShare: number;
  /** Golden nonces that no replay hit any more. */
  readonly lost: number;
  /** Found again and again now, and not at enrolment. */
  readonly gained: number;
  /** Share of each chip's range that the replays cover with certainty; null on a board that replays one job for as long as it likes. */
  readonly safeShare: number | null;
}

export class GoldenSubstrate implements Substrate {
  readonly name: string;
  readonly origin: Origin;
  readonly featureNames: readonly string[];
  readonly set: GoldenSet;
  readonly #replayer: Replayer;
  readonly #session: Session;
  readonly #drive: Omit<VoltageDrive, "stepMs">;
  readonly #mode: GoldenMode;
  readonly #enrolledMv: number;

  private constructor(session: Session, drive: Omit<VoltageDrive, "stepMs">, mode: GoldenMode, replayer: Replayer, set: GoldenSet) {
    this.#session = session;
    this.#drive = drive;
    this.#mode = mode;
    this.#replayer = replayer;
    this.#enrolledMv = session.rig.setPoint?.coreVoltageMv ?? drive.maxMv;
    this.set = set;
    this.name = session.config.rig;
    this.origin = session.config.origin;
    const label = ({ nonce, versionBits }: { nonce: number; versionBits: number }) => `${nonce.toString(16)}/${versionBits.toString(16)}`;
    this.featureNames = [
      ...set.nonces.map((golden) => `hit ${label(golden)}`),
      ...set.nonces.map((golden) => `shift ${label(golden)} (us, 0 when missed)`),
      "invalid",
      "others",
      ...SENSOR_FEATURES,
    ];
  }

  /** Replays the job at the rig's present set-point until its nonces are known. ScienceError GOLDEN_EMPTY; whatever the rig throws. */
  static async enrol(
    session: Session,
    drive: Omit<VoltageDrive, "stepMs">,
    mode: GoldenMode,
    signal?: AbortSignal,
  ): Promise<GoldenSubstrate> {
    const replayer = session.rig.replaysWorks ? new WorkReplayer(session, mode.replayMs) : new JobReplayer(session, mode.replayMs);
    try {
      const enrolment = new Enrolment();
      // Nothing new in a replay says little before there was anything old.
      while (enrolment.replays < mode.mostReplays && (enrolment.replays < 2 || enrolment.replaysWithoutNews < mode.quietReplays))
        enrolment.add(await replayer.replay(signal));
      return new GoldenSubstrate(session, drive, mode, replayer, enrolment.set());
    } catch (error) {
      replayer.stop();
      throw error;
    }
  }

  async step(u: number, _index: number, signal?: AbortSignal): Promise<StepOutcome> {
    const { minMv, maxMv } = this.#drive;
    try {
      const appliedMv = await this.#session.rig.setCoreVoltage(minMv + (u / 0.5) * (maxMv - minMv));
      const { hit, shiftNs, invalid, others } = scoreReplay(this.set, await this.#replayer.replay(signal));
      const { readings, failed } = await this.#session.rig.board.read();
      this.#session.recorder.sample(this.#session.readingsOf(readings), this.#session.rig.setPoint, readings.atNs);
      const shiftsUs = Array.from(shiftNs, (ns) => (Number.isFinite(ns) ? ns / 1000 : 0));
      const features = Float64Array.from([...hit, ...shiftsUs, invalid, others, ...sensorFeatures(readings)]);
      const emitted = [{ knob: "core voltage (mV)", value: appliedMv }];
      if (failed.length > 0) return { features, emitted, valid: false, reason: `could not read ${failed.join(", ")}` };
      return { features, emitted, valid: true };
    } catch (error) {
      if (signal?.aborted || !(error instanceof AsicError) || error.code === "LINK_LOST") throw error;
      return { features: new Float64Array(this.featureNames.length).fill(Number.NaN), emitted: [], valid: false, reason: explain(error) };
    }
  }

  /** Replays at the set-point of the enrolment: what the run has changed for good. Before close(). */
  async check(signal?: AbortSignal): Promise<GoldenCheck> {
    await this.#session.rig.setCoreVoltage(this.#enrolledMv);
    const again = new Enrolment();
    const everHit = new Uint8Array(this.set.nonces.length);
    let hits = 0;
    for (let i = 0; i < this.#mode.checkReplays; i++) {
      const batch = await this.#replayer.replay(signal);
      again.add(batch);
      const scored = scoreReplay(this.set, batch);
      hits += scored.hits;
      scored.hit.forEach((one, at) => {
        if (one === 1) everHit[at] = 1;
      });
    }
    const known = new Set(this.set.nonces.map(({ nonce, versionBits }) => `${nonce} ${versionBits}`));
    return {
      replays: again.replays,
      hitShare: hits / (again.replays * this.set.nonces.length),
      lost: everHit.filter((one) => one === 0).length,
      gained: goldenOf(again).filter(({ nonce, versionBits }) => !known.has(`${nonce} ${versionBits}`)).length,
      safeShare: this.#replayer.safeShare,
    };
  }

  /** The rig goes back to its steady flow of jobs. */
  end(): void {
    this.#replayer.stop();
  }
}

function goldenOf(enrolment: Enrolment): GoldenSet["nonces"] {
  try {
    return enrolment.set().nonces;
  } catch (error) {
    if (error instanceof AsicError && error.code === "GOLDEN_EMPTY") return [];
    throw error;
  }
}

/** Sends one job again and again, each time under a number of its own, and hands back what came for it. */
class JobReplayer implements Replayer {
  readonly safeShare = null;
  readonly #session: Session;
  readonly #replayMs: number;
  readonly #fields: HeaderFields;
  readonly #dialogue: WorkDialogue;
  readonly #unsubscribe: () => void;
  #arrived: NonceBatch[] = [];
  #over: (exchange: Exchange) => void = () => {};

  constructor(session: Session, replayMs: number) {
    this.#session = session;
    this.#replayMs = replayMs;
    this.#fields = syntheticHeaders(session.config.jobs.seed).next().value;
    this.#unsubscribe = session.onNonces((batch) => this.#arrived.push(batch));
    this.#dialogue = session.rig.startDialogue({
      depth: 1,
      answers: MOST_ANSWERS,
      deadlineMs: replayMs,
      onExchange: (exchange) => this.#over(exchange),
    });
  }

  async replay(signal?: AbortSignal): Promise<NonceBatch> {
    this.#arrived = [];
    const jobSeq = this.#dialogue.offer(this.#fields);
    const ended = new Promise<Exchange>((resolve) => {
      this.#over = (exchange) => {
        if (exchange.record.jobSeq === jobSeq) resolve(exchange);
      };
    });
    const { record } = await awaited(ended, this.#session, this.#replayMs + PATIENCE_MS, signal);
    await this.#session.clock.sleep(STRAGGLERS_MS, signal);
    const all = concatNonces(this.#arrived);
    const endNs = record.sentNs + BigInt(this.#replayMs) * NS_PER_MS;
    const own: NonceBatch[] = [];
    for (let row = 0; row < all.length; row++)
      if (all.jobSeq[row] === jobSeq && (all.tNs[row] as bigint) <= endNs) own.push(sliceNonces(all, row, row + 1));
    return concatNonces(own);
  }

  stop(): void {
    this.#unsubscribe();
    this.#dialogue.stop();
  }
}
