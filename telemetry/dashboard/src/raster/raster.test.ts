import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columnOf, dotSide, loopFor, pieces, wrap } from "./geometry.ts";
import { niceStep, residualScale, scaleLabels } from "./residual-scale.ts";
import { type MarkSource, ScrollCanvas } from "./scroll-canvas.ts";

describe("time loop", () => {
  const anyLoop = fc
    .tuple(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 20 }))
    .map(([shown, reach]) => loopFor(shown, 60_000, reach));

  it("pieces cover the asked columns in order, each once", () => {
    fc.assert(
      fc.property(anyLoop, fc.integer({ min: -5000, max: 100_000 }), fc.nat(), (loop, first, some) => {
        const width = (some % loop.kept) + 1;
        const covered = pieces(loop, first, width).flatMap(([from, count]) => Array.from({ length: count }, (_, i) => from + i));
        expect(covered).toEqual(Array.from({ length: width }, (_, i) => wrap(loop, first + i)));
      }),
    );
  });

  it("columns grow with time, one window is as wide as the plot", () => {
    const loop = loopFor(600, 60_000, 6);
    expect(columnOf(loop, 60_000) - columnOf(loop, 0)).toBe(600);
  });

  it("dots shrink when there are many and do not flicker between sizes", () => {
    const area = 900 * 300;
    expect(dotSide(20_000, area, 4)).toBeLessThan(dotSide(100, area, 1));
    const side = dotSide(8000, area, 4);
    expect(dotSide(8400, area, side)).toBe(side);
    expect(dotSide(7600, area, side)).toBe(side);
    expect(dotSide(100, area, 4, 2.5)).toBe(2.5);
    expect(dotSide(100, area, 4, 0.2)).toBe(dotSide(1e6, area, 4));
  });
});

/** Canvas contexts reduced to their columns: which mark is drawn at which x, and what a frame copies to the screen. */
function fakeCanvas(reach: number) {
  const kept = {
    columns: [] as (number | null)[],
    canvas: { width: 0, height: 1 },
    clearRect: (x: number, _y: number, width: number) => kept.columns.fill(null, x, x + width),
  };
  const screen = {
    columns: [] as (number | null)[],
    canvas: { width: 0, height: 1 },
    clearRect: () => screen.columns.fill(null),
    drawImage: (_image: unknown, sx: number, _sy: number, width: number, _h: number, dx: number) => {
      for (let i = 0; i < width; i++) screen.columns[dx + i] = kept.columns[sx + i] ?? null;
    },
  };
  const plot = new ScrollCanvas(screen as unknown as CanvasRenderingContext2D, kept as unknown as CanvasRenderingContext2D, 1000, reach);
  const resize = (width: number): void => {
    plot.resize(width, 1, 1);
    kept.columns = new Array<null>(kept.canvas.width).fill(null);
    screen.columns = new Array<null>(width).fill(null);
  };
  const source = (times: number[], epoch = 0): MarkSource => ({
    first: 0,
    end: times.length,
    epoch,
    timeMs: (index) => times[index] as number,
    draw: (_context, index, x) => {
      for (let column = x - reach; column <= x + reach; column++)
        if (column >= 0 && column < kept.columns.length) kept.columns[column] = index;
    },
  });
  return { plot, screen, resize, source };
}

describe("scrolling plot", () => {
  it("shows after many frames what one fresh drawing would show", () => {
    const frames = fc.array(
      fc.record({
        stepMs: fc.integer({ min: 1, max: 400 }),
        newMarks: fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 3 }),
        /** Another board takes the place of the one so far, or its lanes change. */
        event: fc.constantFrom("none", "none", "none", "cleared", "redrawn"),
      }),
      {
        minLength: 1,
        maxLength: 30,
      },
    );
    fc.assert(
      fc.property(frames, (steps) => {
        const live = fakeCanvas(2);
        live.resize(50);
        let times: number[] = [];
        let epoch = 0;
        let nowMs = 5000;
        for (const { stepMs, newMarks, event } of steps) {
          nowMs += stepMs;
          if (event === "redrawn") live.plot.redraw();
          if (event === "cleared") {
            times = [];
            epoch++;
          }
          times.push(...newMarks.map((age) => nowMs - Math.min(age, stepMs)).sort((a, b) => a - b));
          live.plot.frame(nowMs, live.source(times, epoch));
        }
        const fresh = fakeCanvas(2);
        fresh.resize(50);
        fresh.plot.frame(nowMs, fresh.source(times));
        // At the old edge a mark that has left keeps its overhang until it has scrolled out; a fresh drawing never had it.
        expect(live.screen.columns.slice(3)).toEqual(fresh.screen.columns.slice(3));
      }),
    );
  });

  it("draws each mark once however many frames pass, and nothing when nothing changed", () => {
    const { plot, resize, source } = fakeCanvas(1);
    resize(50);
    let draws = 0;
    const marks = source([9990]);
    const counted: MarkSource = { ...marks, draw: () => draws++ };
    expect(plot.frame(10_000, counted)).toBe(true);
    expect(plot.frame(10_001, counted)).toBe(false);
    plot.frame(10_100, counted);
    expect(draws).toBe(1);
  });

  it("shows nothing of the old marks after they were thrown away, and all of the new ones, however few", () => {
    const { plot, screen, resize, source } = fakeCanvas(0);
    resize(50);
    plot.frame(10_000, source([9500, 9700, 9900]));
    plot.frame(10_000, source([9600], 1));
    expect(screen.columns.flatMap((mark, column) => (mark === null ? [] : [column]))).toEqual([29]);
    plot.frame(10_000, source([], 2));
    expect(screen.columns.every((column) => column === null)).toBe(true);
  });

  it("leaves nothing behind once a mark has left the window", () => {
    const { plot, screen, resize, source } = fakeCanvas(2);
    resize(50);
    const marks = source([10_000]);
    for (let nowMs = 10_000; nowMs < 13_500; nowMs += 16) plot.frame(nowMs, marks);
    expect(screen.columns.every((column) => column === null)).toBe(true);
  });

  it("starts clean after a pause longer than the window: a tab in the background", () => {
    const { plot, screen, resize, source } = fakeCanvas(2);
    resize(50);
    plot.frame(10_000, source([9500, 9900]));
    plot.frame(60_000, source([9500, 9900]));
    expect(screen.columns.every((column) => column === null)).toBe(true);
  });
});

describe("residual scale", () => {
  const spread = (middle: number, width: number): number[] => Array.from({ length: 100 }, (_, i) => middle + (i / 99 - 0.5) * width);

  it("holds nearly all points, and stays while it serves", () => {
    const scale = residualScale(spread(1.2, 0.8), null);
    expect(scale?.low).toBeLessThan(0.85);
    expect(scale?.high).toBeGreaterThan(1.55);
    expect(residualScale(spread(1.25, 0.7), scale)).toBe(scale);
  });

  it("moves when points leave it, narrows when it is far too wide, ignores one outlier", () => {
    const scale = residualScale(spread(0, 1), null);
    expect(residualScale(spread(5, 1), scale)).not.toEqual(scale);
    const narrow = residualScale(spread(0, 0.05), scale);
    expect((narrow?.high ?? 9) - (narrow?.low ?? 0)).toBeLessThan(0.2);
    expect(residualScale([...spread(0, 1), 5000], null)).toEqual(scale);
  });

  it("is unknown before there are points", () => {
    expect(residualScale([Number.NaN, 1, 2], null)).toBeNull();
  });

  it("labels differ and steps are 1, 2 or 5 times a power of ten", () => {
    for (const [low, high] of [
      [0, 2],
      [-0.002, 0.004],
      [100, 101],
    ] as const)
      expect(new Set(scaleLabels({ low, high })).size).toBe(3);
    expect([0.7, 1, 1.1, 3, 60].map(niceStep)).toEqual([1, 1, 2, 5, 100]);
  });
});
