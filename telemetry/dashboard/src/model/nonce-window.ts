/** The nonces of the last minute or so, on the page's clock, ready to be drawn. */

import { STATUS } from "../../../../common/nonce-batch.ts";
import type { NonceFrame } from "../../../nonce-frame.ts";
import { shadeOf } from "../colour/scales.ts";
import { DeviceClock } from "./device-clock.ts";
import { ColumnRing } from "./ring.ts";

export const WINDOW_MS = 60_000;
/** 60 s at 4300 nonces/s: an S9 hash board at ticket difficulty 1 reports up to 3260. Beyond that the oldest leave early. */
const CAPACITY = 1 << 18;

export class NonceWindow {
  readonly #ring = new ColumnRing(["tMs", "deviceMs", "chip", "core", "status", "shade", "residualMs"], CAPACITY);
  readonly #clock = new DeviceClock();
  #epoch = 0;
  #nextBatch: number | null = null;
  /** Number of the first nonce after the last gap: a viewer that lags loses frames. */
  #unbrokenFrom = 0;
  #unbrokenFromMs: number | null = null;
  #watchedFromMs: number | null = null;

  /** Takes a frame that arrived at `pageMs`; `ticketLog2` is log2 of the ticket difficulty in force, 0 when unknown. */
  add(frame: NonceFrame, ticketLog2: number, pageMs: number): void {
    if (this.#nextBatch !== null && frame.batch !== this.#nextBatch) {
      this.#unbrokenFrom = this.end;
      this.#unbrokenFromMs = pageMs;
    }
    this.#nextBatch = (frame.batch + 1) >>> 0;
    this.#unbrokenFromMs ??= pageMs;
    const baseMs = Number(frame.baseNs / 1000n) / 1000;
    let newest = Number.NEGATIVE_INFINITY;
    for (const tMs of frame.tMs) newest = Math.max(newest, tMs);
    if (frame.length > 0) this.#clock.observe(baseMs + newest, pageMs);
    for (let i = 0; i < frame.length; i++) {
      this.#ring.push({
        tMs: this.#clock.toPageMs(baseMs + (frame.tMs[i] as number)),
        deviceMs: baseMs + (frame.tMs[i] as number),
        chip: frame.chip[i] as number,
        core: frame.core[i] as number,
        status: frame.status[i] as number,
        shade: shadeOf(frame.difficultyLog2[i] as number, ticketLog2),
        residualMs: (frame.residualNs[i] as number) / 1e6,
      });
    }
  }

  /** A new connection: the device's zero of time may have moved. What is drawn stays. */
  newConnection(): void {
    this.#clock.reset();
    this.#unbrokenFrom = this.end;
    this.#unbrokenFromMs = null;
    this.#nextBatch = null;
  }

  clear(): void {
    this.#ring.clear();
    this.#clock.reset();
    this.#unbrokenFrom = 0;
    this.#nextBatch = null;
    this.#unbrokenFromMs = null;
    this.#watchedFromMs = null;
    this.#epoch++;
  }

  /** From now on whatever comes is seen. */
  watch(pageMs: number): void {
    this.#watchedFromMs ??= pageMs;
  }

  /** How much of the window before nowMs there was somebody to see nonces, if any came. */
  watchedMs(nowMs: number): number {
    return withinWindow(this.#watchedFromMs, nowMs);
  }

  /** Of how much of it `validSince` has the nonces. */
  unbrokenMs(nowMs: number): number {
    return withinWindow(this.#unbrokenFromMs, nowMs);
  }

  /** How often everything was thrown away: the numbers then begin at 0 again. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Nonces are numbered from 0 as they come; [first, end) are still here. */
  get first(): number {
    return this.#ring.written - this.#ring.length;
  }

  get end(): number {
    return this.#ring.written;
  }

  timeMs(index: number): number {
    return this.#ring.at("tMs", index - this.first);
  }

  chip(index: number): number {
    return this.#ring.at("chip", index - this.first);
  }

  core(index: number): number {
    return this.#ring.at("core", index - this.first);
  }

  status(index: number): number {
    return this.#ring.at("status", index - this.first);
  }

  shade(index: number): number {
    return this.#ring.at("shade", index - this.first);
  }

  residualMs(index: number): number {
    return this.#ring.at("residualMs", index - this.first);
  }

  /** Number of the oldest nonce at or after a time; `end` when there is none. Times of late frames are nearly, not strictly, ascending. */
  firstSince(tMs: number): number {
    return this.first + this.#ring.firstAtLeast("tMs", tMs);
  }

  /** Every `stride`-th finite residual of the window before nowMs, at most about `wanted` of them. */
  residualSample(nowMs: number, wanted: number): number[] {
    const sample: number[] = [];
    const stride = Math.max(1, Math.floor((this.end - this.first) / wanted));
    for (let index = this.first; index < this.end; index += stride) {
      if (this.timeMs(index) >= nowMs - WINDOW_MS && Number.isFinite(this.residualMs(index))) sample.push(this.residualMs(index));
    }
    return sample;
  }

  /**
   * Valid nonces of the window before nowMs by the device's own clock: where the page put them moves with its guess of the offset, and intervals must
   * not. Only what came since frames were last lost or a connection began: an interval across a gap is none.
   */
  validSince(nowMs: number): { timesMs: Float64Array; residualMs: Float64Array } {
    const from = Math.max(this.#unbrokenFrom, this.firstSince(nowMs - WINDOW_MS)) - this.first;
    const to = this.end - this.first;
    const timesMs = this.#ring.slice("deviceMs", from, to);
    const residualMs = this.#ring.slice("residualMs", from, to);
    let kept = 0;
    for (const [i, status] of this.#ring.slice("status", from, to).entries()) {
      if (status !== STATUS.valid) continue;
      timesMs[kept] = timesMs[i] as number;
      residualMs[kept] = residualMs[i] as number;
      kept++;
    }
    return { timesMs: timesMs.subarray(0, kept), residualMs: residualMs.subarray(0, kept) };
  }
}

function withinWindow(fromMs: number | null, nowMs: number): number {
  return fromMs === null ? 0 : Math.min(WINDOW_MS, Math.max(0, nowMs - fromMs));
}
