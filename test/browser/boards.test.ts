/** The dashboard of a daemon with two boards, in real Chromium. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createHub } from "../../telemetry/hub.ts";
import { CHROMIUM, launchChromium } from "./chromium.ts";
import { BOARDS, buildDashboard, type Feeder, startFeeder } from "./feeder.ts";
import { pressTwice } from "./two-presses.ts";

const AXE = "node_modules/axe-core/axe.min.js";
interface Violation {
  readonly id: string;
  readonly impact: string;
}

const SHOTS = path.resolve("build/screenshots");
const LOST = "LINK_LOST: The connection is gone: the device at its other end went away (s9/data). Check the cable and the board's power.";

describe.skipIf(!existsSync(CHROMIUM))("the dashboard of two boards", () => {
  const s9 = createHub({
    rig: "bench-s9",
    origin: "twin",
    software: "0.1.0",
    startedWallMs: Date.now(),
    state: "running",
    stateReason: "chips enumerated, ramped and hashing",
    board: BOARDS.s9,
  });
  const offBitaxe = vi.fn(async () => undefined);
  const offS9 = vi.fn(async () => undefined);
  const pageErrors: string[] = [];
  let built: Awaited<ReturnType<typeof buildDashboard>>;
  let feeder: Feeder;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    built = await buildDashboard();
    feeder = await startFeeder({
      dashboardDir: built.folder,
      board: "bitaxe",
      perSecond: 100,
      initial: { rig: "bench-bitaxe" },
      emergencyOff: offBitaxe,
      others: [{ hub: s9, emergencyOff: offS9 }],
    });
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1440, height: 1000 }, colorScheme: "dark" });
    page.on("pageerror", (error) => pageErrors.push(String(error)));
    await page.goto(feeder.api.url);
    await page.getByTestId("board-bench-s9").waitFor();
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await feeder?.stop();
    built?.remove();
  });

  const value = (id: string) => page.getByTestId(id).first().getAttribute("data-value");
  const nothingIsOff = () => expect([offBitaxe.mock.calls.length, offS9.mock.calls.length]).toEqual([0, 0]);

  it("shows the first board, and of both how they are", async () => {
    await expect.poll(() => page.locator("h1").innerText()).toBe("bench-bitaxe");
    for (const board of ["bench-bitaxe", "bench-s9"]) await expect.poll(() => value(`board-${board}`), { message: board }).toBe("running");
    expect(await page.getByTestId("board-bench-bitaxe").getAttribute("aria-current")).toBe("page");
  });

  it("says on the page of the one why the other is in fault", async () => {
    s9.publish("state", { state: "fault", stateReason: LOST });
    await expect.poll(() => value("board-bench-s9")).toBe("fault");
    await expect.poll(() => page.getByTestId("board-fault-bench-s9").innerText()).toContain(LOST);
    expect(await value("state")).toBe("running");
    await expect
      .poll(() => page.evaluate("document.documentElement.scrollWidth"), { message: "nothing sticks out" })
      .toBeLessThanOrEqual(1440);
    await page.screenshot({ path: path.join(SHOTS, "boards-dark.png") });
  });

  it("has no serious problem for those who cannot see it, in either theme", async () => {
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.evaluate(readFileSync(AXE, "utf8"));
      const found = (await page.evaluate("axe.run('.board-chooser').then(({ violations }) => violations)")) as Violation[];
      expect(
        found.filter(({ impact }) => impact === "serious" || impact === "critical"),
        colorScheme,
      ).toEqual([]);
    }
    await page.emulateMedia({ colorScheme: "dark" });
  });

  it("goes to the other board by its link, with all its panels, and the way to switch off", async () => {
    await page.getByTestId("board-bench-s9").click();
    await expect.poll(() => page.locator("h1").innerText()).toBe("bench-s9");
    await expect.poll(() => new URL(page.url()).searchParams.get("board")).toBe("bench-s9");
    await expect.poll(() => value("state")).toBe("fault");
    await expect.poll(() => page.locator(".state-reason").innerText()).toContain("LINK_LOST");
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: "light" });
    // Canvases follow the window a frame later.
    await expect
      .poll(() => page.evaluate("document.documentElement.scrollWidth"), { message: "nothing sticks out on a phone" })
      .toBeLessThanOrEqual(390);
    await page.screenshot({ path: path.join(SHOTS, "boards-phone-light.png") });
    await page.setViewportSize({ width: 1440, height: 1000 });
  });

  it("switches one board off by its own button, all by the one in the header, each after two presses", async () => {
    await pressTwice(page.getByTestId("emergency-off"), nothingIsOff);
    await expect.poll(() => offS9.mock.calls.length).toBe(1);
    expect(offBitaxe).not.toHaveBeenCalled();
    offS9.mockClear();
    await pressTwice(page.getByTestId("all-off"), nothingIsOff);
    await expect.poll(() => [offBitaxe.mock.calls.length, offS9.mock.calls.length]).toEqual([1, 1]);
    await expect.poll(() => page.getByTestId("all-off-outcome").innerText()).toContain("bench-bitaxe and bench-s9");
    expect(pageErrors).toEqual([]);
  });
});
