/**
 * From the wire to the screen: a nonce that no other can be taken for is handed to the daemon's recorder as the rig hands over what it has verified, and
 * the page says when its mark was on the raster's canvas. Times of both are of one machine's clock. A mark is drawn by the frame that follows its message; the compositor's turn after that is not in it.
 */
import { chromium } from "playwright-core";
import { hostClock } from "../common/clock.ts";
import { allocateNonces, type NonceBatch, STATUS } from "../common/nonce-batch.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS } from "../test/browser/chromium.ts";
import { buildDashboard, startFeeder } from "../test/browser/feeder.ts";
import { type Bench, type BenchCase, lessIsBetter } from "./harness/bench.ts";
import { quantile } from "./harness/quantile.ts";

const WANTED_MS = 100;
const MARKS = Number(process.env.ASICR_PIXELS_MARKS ?? 60);
/** Longer than a mark stays at the edge that is watched, and no multiple of the times at which the feeder shows nonces. */
const PERIOD_MS = 1013;
/** Ordinary nonces are valid and come at this rate; the marked ones alone are duplicates, whose colour no other mark has. */
const PER_SECOND = 1000;

/** Looks at the newest half second on the raster's canvas each frame, for pixels of the caution colour, and keeps the times at which they came to be there. */
const WATCH = `(() => {
  const canvas = document.querySelector(".plot-raster canvas");
  const context = canvas.getContext("2d");
  const probe = document.createElement("span");
  probe.style.color = "var(--caution)";
  document.body.append(probe);
  const [red, green, blue] = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
  globalThis.seenMs = [];
  globalThis.frameMs = [];
  let lastMs = null;
  let there = false;
  const width = 8;
  requestAnimationFrame(function look(atMs) {
    requestAnimationFrame(look);
    if (lastMs !== null) globalThis.frameMs.push(atMs - lastMs);
    lastMs = atMs;
    // After the page's own callback of this frame: it asked first.
    const pixels = context.getImageData(canvas.width - width, 0, width, canvas.height).data;
    let count = 0;
    for (let at = 0; at < pixels.length; at += 4)
      if (Math.abs(pixels[at] - red) < 12 && Math.abs(pixels[at + 1] - green) < 12 && Math.abs(pixels[at + 2] - blue) < 12) count++;
    if (count > 3 && !there) globalThis.seenMs.push(performance.timeOrigin + performance.now());
    there = count > 0;
  });
})()`;

function marked(tNs: bigint): NonceBatch {
  const batch = allocateNonces(1);
  batch.tNs[0] = tNs;
  batch.chip[0] = 31;
  batch.core[0] = 60;
  batch.status[0] = STATUS.duplicate;
  batch.difficultyLog2[0] = 1;
  batch.residualNs[0] = Number.NaN;
  return batch;
}

async function measured(): Promise<BenchCase[]> {
  const built = await buildDashboard();
  // Ordinary nonces are all valid here, so that nothing but the marked ones has their colour.
  const valid = (batch: NonceBatch): NonceBatch => ({ ...batch, status: new Uint8Array(batch.length) });
  const clock = hostClock();
  const feeder = await startFeeder({
    dashboardDir: built.folder,
    board: "s9",
    perSecond: PER_SECOND,
    alter: valid,
    recorded: true,
  });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 1000 }, colorScheme: "dark" });
    await page.goto(feeder.api.url);
    await page.waitForTimeout(3000);
    await page.evaluate(WATCH);
    const sentMs: number[] = [];
    // How late this process' own timers are: what the machine's other work costs at each turn.
    const lateMs: number[] = [];
    for (let mark = 0; mark < MARKS; mark++) {
      const dueMs = performance.now() + PERIOD_MS;
      await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
      lateMs.push(performance.now() - dueMs);
      sentMs.push(performance.timeOrigin + performance.now());
      feeder.nonces(marked(clock.nowNs()));
    }
    await page.waitForTimeout(500);
    const seenMs: number[] = await page.evaluate("globalThis.seenMs");
    const frameMs: number[] = await page.evaluate("globalThis.frameMs");
    // A sighting belongs to the last mark sent before it; a mark without one took at least until the next was sent.
    const delays = sentMs.map((sent, mark) => {
      const seen = seenMs.find((at) => at >= sent);
      return seen !== undefined && seen < (sentMs[mark + 1] ?? Number.POSITIVE_INFINITY) ? seen - sent : PERIOD_MS;
    });
    const ms = (q: number, of: readonly number[] = delays) => Number(quantile(of, q).toFixed(1));
    return [
      lessIsBetter("verified to drawn, p95", "ms", ms(0.95), WANTED_MS, {
        "p50 ms": ms(0.5),
        "worst ms": ms(1),
        marks: MARKS,
        "frames p50 ms": ms(0.5, frameMs),
        "frames p95 ms": ms(0.95, frameMs),
        "timers late p95 ms": ms(0.95, lateMs),
        "not seen": delays.filter((delay) => delay === PERIOD_MS).length,
      }),
    ];
  } finally {
    await browser.close();
    await feeder.stop();
    built.remove();
  }
}

export const bench: Bench = {
  about: "time from a nonce's arrival at the daemon's recorder to its mark on the dashboard's canvas in Chromium, p95, against 100 ms",
  run: measured,
};
