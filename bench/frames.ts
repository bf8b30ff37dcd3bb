/**
 * Frames of the dashboard in real Chromium, without a graphics processor, while an S9 board's nonces at difficulty 1 come in: a full minute of them is on
 * the raster before the first frame counts. A frame's time is the distance between two calls of requestAnimationFrame.
 */
import { chromium, type Page } from "playwright-core";
import { CHROMIUM, CHROMIUM_ARGUMENTS } from "../test/browser/chromium.ts";
import { buildDashboard, startFeeder } from "../test/browser/feeder.ts";
import { fillRecord, KNOWN } from "../test/browser/known-record.ts";
import { type Bench, type BenchCase, lessIsBetter } from "./harness/bench.ts";
import { quantile } from "./harness/quantile.ts";

/** specs/bm1387.md 3.6: an S9 board at difficulty 1. */
const PER_SECOND = 3260;
/** Fifty frames a second. */
const WANTED_MS = 20;
const FILL_S = Number(process.env.ASICR_FRAMES_FILL_S ?? 61);
const MEASURE_S = Number(process.env.ASICR_FRAMES_S ?? 20);

/** Distances between frames over `seconds`, ms, and how long the page's own work took in the worst task. */
async function frameTimes(page: Page, seconds: number): Promise<number[]> {
  return await page.evaluate(`new Promise((resolve) => {
    const times = [];
    let before = null;
    const endMs = performance.now() + ${seconds * 1000};
    requestAnimationFrame(function next(atMs) {
      if (before !== null) times.push(atMs - before);
      before = atMs;
      if (atMs < endMs) requestAnimationFrame(next);
      else resolve(times);
    });
  })`);
}

/** An empty page in the same browser: what this machine gives at all while it does whatever else it does. */
async function idleFrames(page: Page, seconds: number): Promise<number[]> {
  await page.goto("about:blank");
  return await frameTimes(page, seconds);
}

async function measured(): Promise<BenchCase[]> {
  const built = await buildDashboard();
  const feeder = await startFeeder({ dashboardDir: built.folder, board: "s9", perSecond: PER_SECOND, record: fillRecord, initial: KNOWN });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 1000 }, colorScheme: "dark" });
    const empty = await idleFrames(page, MEASURE_S / 4);
    await page.goto(feeder.api.url);
    await page.waitForTimeout(FILL_S * 1000);
    const drawn = Number((await page.getByTestId("nonces-valid").getAttribute("data-value")) ?? 0);
    const times = await frameTimes(page, MEASURE_S);
    const ms = (q: number, of: readonly number[]) => Number(quantile(of, q).toFixed(2));
    return [
      lessIsBetter("frame time, p95", "ms", ms(0.95, times), WANTED_MS, {
        "p50 ms": ms(0.5, times),
        "p99 ms": ms(0.99, times),
        "worst ms": ms(1, times),
        frames: times.length,
        "frames a second": (times.length / MEASURE_S).toFixed(1),
        "verified nonces": drawn,
        "empty page p50 ms": ms(0.5, empty),
        "empty page p95 ms": ms(0.95, empty),
      }),
    ];
  } finally {
    await browser.close();
    await feeder.stop();
    built.remove();
  }
}

export const bench: Bench = {
  about: "distance between frames of the dashboard in Chromium with 3260 nonces a second, p95, against 20 ms; an empty page beside it",
  run: measured,
};
