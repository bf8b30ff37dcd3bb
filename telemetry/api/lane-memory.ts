/** What each chip (of a board with one chip, each core) did in the last minute, for viewers that come in the middle of a run or have lost frames. */
import type { Clock } from "../../common/clock.ts";
import type { NonceBatch } from "../../common/nonce-batch.ts";
import { LaneTally } from "../lane-tally.ts";
import { lanesFor, rows } from "../lanes.ts";
import type { RecentLanes, Snapshot } from "../messages.ts";

export class LaneMemory {
  readonly #clock: Clock;
  #axis: RecentLanes["axis"] = "core";
  #tally: LaneTally | null = null;
  #board: Snapshot["board"] = null;

  constructor(clock: Clock, board: Snapshot["board"]) {
    this.#clock = clock;
    this.noteBoard(board);
  }

  /** Chips are counted after the board is found: until then it is still the one before. */
  noteBoard(board: Snapshot["board"]): void {
    if (board === null || board.chips === 0) return;
    const before = this.#board;
    this.#board = board;
    if (before?.model !== board.model || before.chips !== board.chips || before.chipId !== board.chipId) this.#tally = null;
  }

  add({ length, chip, core, status, residualNs }: NonceBatch): void {
    const tally = this.#ownTally();
    const lane = this.#axis === "core" ? core : chip;
    const nowMs = this.#nowMs();
    for (let i = 0; i < length; i++) tally.add(lane[i] as number, status[i] as number, (residualNs[i] as number) / 1e6, nowMs);
  }

  /** null while there was no nonce of this board. */
  recent(): RecentLanes | null {
    return this.#tally === null ? null : { axis: this.#axis, ...this.#tally.history(this.#nowMs()) };
  }

  #ownTally(): LaneTally {
    if (this.#tally !== null) return this.#tally;
    const lanes = lanesFor(this.#board);
    this.#axis = lanes.axis;
    this.#tally = new LaneTally(rows(lanes));
    return this.#tally;
  }

  #nowMs(): number {
    return Number(this.#clock.nowNs() / 1000n) / 1000;
  }
}
