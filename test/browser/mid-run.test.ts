/** A page that is opened in the middle of a run, in real Chromium. */
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allocateNonces, type NonceBatch, STATUS } from "../../common/nonce-batch.ts";
import { CHROMIUM, launchChromium } from "./chromium.ts";
import { buildDashboard, type Feeder, startFeeder } from "./feeder.ts";

const SHOTS = path.resolve("build/screenshots");
const CHIPS = 63;
const EACH = 40;
const SILENT_CHIP = 40;

/** So many nonces of every chip but one. */
function before(): NonceBatch {
  const batch = allocateNonces(EACH * CHIPS);
  for (let row = 0; row < batch.length; row++) {
    const chip = row % CHIPS;
    batch.chip[row] = chip === SILENT_CHIP ? 0 : chip;
    batch.status[row] = STATUS.valid;
    batch.residualNs[row] = Number.NaN;
  }
  return batch;
}

describe.skipIf(!existsSync(CHROMIUM))("a page opened in the middle of a run", () => {
  let built: Awaited<ReturnType<typeof buildDashboard>>;
  let feeder: Feeder;
  let browser: Browser;

  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    built = await buildDashboard();
    // Hardly anything comes after the page was opened: what it shows it must have been told.
    feeder = await startFeeder({ dashboardDir: built.folder, board: "s9", perSecond: 2, record: async () => undefined });
    browser = await launchChromium();
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await feeder?.stop();
    built?.remove();
  });

  it("knows at once what each chip gave before, and which one gave nothing; what it did not see it does not draw as empty", async () => {
    const page = await browser.newPage({ viewport: { width: 1440, height: 1000 }, colorScheme: "dark" });
    // Not before there is a page to open: a minute later they would have left the map again.
    feeder.nonces(before());
    await page.goto(feeder.api.url);
    const note = () => page.locator("#chips .note").innerText();
    await expect.poll(note).toContain("1 silent");
    const counted = async () => Number(/of ([\d ,]+)/.exec(await page.getByTestId("raster-count").innerText())?.[1]?.replace(/\D/g, ""));
    await expect.poll(counted).toBeGreaterThanOrEqual(EACH * CHIPS);
    const map = page.getByTestId("chip-map");
    await map.focus();
    await page.keyboard.press("Home");
    await expect.poll(() => map.getAttribute("aria-valuetext")).toMatch(/^chip 0, domain 0;.* [89]\d in \d+ s/);
    expect(await page.getByTestId("not-watched").innerText()).toBe("before this page was opened");
    await page.screenshot({ path: path.join(SHOTS, "mid-run-dark.png") });
    await page.close();
  });

  it("takes no chip for silent whose turn has not come", async () => {
    const young = await startFeeder({ dashboardDir: built.folder, board: "s9", perSecond: 40 });
    const page = await browser.newPage({ viewport: { width: 1440, height: 1000 }, colorScheme: "light" });
    await page.goto(young.api.url);
    await expect.poll(() => page.getByTestId("raster-count").innerText()).toMatch(/over ([3-9]|\d\d) s/);
    expect(await page.locator("#chips .note").innerText()).not.toContain("silent");
    await page.close();
    await young.stop();
  });
});
