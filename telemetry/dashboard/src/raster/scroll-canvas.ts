/**
 * A plot that scrolls with time. Marks are drawn once, on a canvas that is used as a loop in time; a frame clears the columns that came into
 * view, adds the new marks and copies the loop to the screen. The work per frame depends on new marks only, not on how many are in view.
 */
import { columnOf, type Loop, loopFor, pieces, wrap } from "./geometry.ts";

export interface Mark {
  /** Draws mark number `index` with its centre at x, or does nothing. */
  draw(context: CanvasRenderingContext2D, index: number, x: number, height: number): void;
}

export interface MarkSource extends Mark {
  /** Marks are numbered; those from `first` to `end` - 1 can be drawn. */
  readonly first: number;
  readonly end: number;
  /** Another value says that all marks were thrown away and the numbers began anew. */
  readonly epoch: number;
  timeMs(index: number): number;
}

export class ScrollCanvas {
  readonly #screen: CanvasRenderingContext2D;
  readonly #kept: CanvasRenderingContext2D;
  readonly #windowMs: number;
  readonly #reachCss: number;
  #loop: Loop | null = null;
  #reach = 0;
  /** Columns below this are cleared and may hold marks. */
  #clearedTo = 0;
  #drawnTo = 0;
  #epoch = 0;
  #shownColumn = Number.NaN;

  constructor(screen: CanvasRenderingContext2D, kept: CanvasRenderingContext2D, windowMs: number, reachCss: number) {
    this.#screen = screen;
    this.#kept = kept;
    this.#windowMs = windowMs;
    this.#reachCss = reachCss;
  }

  get height(): number {
    return this.#screen.canvas.height;
  }

  /** Device pixels of the screen canvas; `scale` device pixels per CSS pixel. Everything is drawn again on the next frame. */
  resize(width: number, height: number, scale: number): void {
    const { canvas } = this.#screen;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    this.#reach = Math.ceil(this.#reachCss * scale);
    this.#loop = loopFor(width, this.#windowMs, this.#reach);
    this.#kept.canvas.width = this.#loop.kept;
    this.#kept.canvas.height = height;
    this.redraw();
  }

  /** Draw every mark in the window again on the next frame: colours or the vertical scale changed. */
  redraw(): void {
    this.#clearedTo = Number.NEGATIVE_INFINITY;
    this.#drawnTo = 0;
    this.#shownColumn = Number.NaN;
  }

  /** Shows the window that ends at nowMs. Returns false when the picture is the one already there. */
  frame(nowMs: number, marks: MarkSource): boolean {
    const loop = this.#loop;
    if (loop === null) return false;
    const now = columnOf(loop, nowMs);
    if (marks.epoch !== this.#epoch) this.redraw();
    this.#epoch = marks.epoch;
    if (now === this.#shownColumn && marks.end === this.#drawnTo) return false;
    this.#clear(loop, now);
    const oldest = nowMs - this.#windowMs;
    for (let index = Math.max(marks.first, this.#drawnTo); index < marks.end; index++) {
      const tMs = marks.timeMs(index);
      if (tMs < oldest) continue;
      this.#draw(loop, marks, index, Math.min(columnOf(loop, tMs), now));
    }
    this.#drawnTo = marks.end;
    this.#show(loop, now);
    return true;
  }

  #clear(loop: Loop, now: number): void {
    const to = now + this.#reach + 1;
    const from = Math.max(this.#clearedTo, to - loop.kept);
    if (from >= to) return;
    for (const [x, width] of pieces(loop, from, to - from)) this.#kept.clearRect(x, 0, width, this.height);
    this.#clearedTo = to;
  }

  #draw(loop: Loop, marks: Mark, index: number, column: number): void {
    const x = wrap(loop, column);
    marks.draw(this.#kept, index, x, this.height);
    if (x < this.#reach) marks.draw(this.#kept, index, x + loop.kept, this.height);
    if (x >= loop.kept - this.#reach) marks.draw(this.#kept, index, x - loop.kept, this.height);
  }

  #show(loop: Loop, now: number): void {
    const { height } = this;
    this.#screen.clearRect(0, 0, loop.shown, height);
    let at = 0;
    for (const [x, width] of pieces(loop, now - loop.shown + 1, loop.shown)) {
      this.#screen.drawImage(this.#kept.canvas, x, 0, width, height, at, 0, width, height);
      at += width;
    }
    this.#shownColumn = now;
  }
}
