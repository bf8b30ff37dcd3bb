/** The dashboard in real Chromium, on a live twin: what it shows is what the database holds. */
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NarmaReport, RunSummary, SweepPoint } from "../../telemetry/messages.ts";
import { startTwin } from "../../twin/index.ts";
import { type Program, run, start, workshop } from "../hil/program.ts";
import { CHROMIUM, launchChromium } from "./chromium.ts";
import { pressTwice } from "./two-presses.ts";

const SHOTS = path.resolve("build/screenshots");

describe.skipIf(!existsSync(CHROMIUM))("the dashboard on a live twin", () => {
  const shop = workshop();
  const db = shop.file("telemetry.db");
  let twin: Awaited<ReturnType<typeof startTwin>>;
  let daemon: Program;
  let browser: Browser;
  let page: Page;
  const pageErrors: string[] = [];

  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    twin = await startTwin({ seed: 11 });
    const config = shop.configFor(twin, {
      setPoint: { frequencyMhz: 425 },
      plan: ["sweep", "narma10"],
      sweep: { coreVoltageMv: [1150, 1200], frequencyMhz: [425, 450], settleMs: 200, dwellMs: 1000 },
      narma10: { washout: 20, train: 100, test: 40, stepMs: 40 },
      store: { path: db, commitIntervalMs: 200 },
    });
    daemon = start(["run", "--config", config]);
    const [, url = ""] = await daemon.saying(/Dashboard: (\S+)/);
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1440, height: 1000 }, colorScheme: "dark" });
    page.on("pageerror", (error) => pageErrors.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") pageErrors.push(message.text());
    });
    await page.goto(url);
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    daemon?.child.kill("SIGTERM");
    await daemon?.finished;
    await twin?.stop();
    shop.remove();
  });

  const value = (id: string) => page.getByTestId(id).first().getAttribute("data-value");
  const runs = async (): Promise<RunSummary[]> => JSON.parse((await run(["runs", "list", "--store", db, "--json"])).stdout);
  const results = async (kind: string, result: string) => {
    const { id } = (await runs()).find((r) => r.kind === kind) as RunSummary;
    const shown = JSON.parse((await run(["runs", "show", String(id), "--store", db, "--json"])).stdout);
    return shown.results.filter((r: { kind: string }) => r.kind === result).map((r: { value: unknown }) => r.value);
  };

  it("shows at once that this is a twin", async () => {
    await page.getByTestId("origin").waitFor();
    expect(await page.getByTestId("origin").innerText()).toMatch(/TWIN/i);
  });

  it("follows the rig into mining", async () => {
    await daemon.saying(/Mining at the set-point/, 120_000);
    await expect.poll(() => page.getByTestId("run-kind").innerText()).toContain("mining");
    await expect.poll(() => value("state")).toBe("running");
  }, 180_000);

  it("the sweep map's cells are the stored points", async () => {
    const points: SweepPoint[] = await results("sweep", "sweep-point");
    expect(points.length).toBe(4);
    for (const point of points) {
      const stored = (point.hashRateGhs as number) / point.expectedGhs;
      const shown = async () => {
        const cell = Number(await value(`sweep-cell-${point.index}`));
        return Math.min(Math.abs(cell - stored), Math.abs(cell / 100 - stored));
      };
      await expect.poll(shown, { message: `sweep-cell-${point.index} off ${stored}` }).toBeLessThan(0.006);
    }
  });

  it("the NARMA-10 panel shows the stored report: verdict, score, every control", async () => {
    const [report]: NarmaReport[] = await results("narma10", "narma10-report");
    const verdict = async () => (await page.getByTestId("narma-verdict").innerText()).replace(/\s+/g, " ");
    await expect.poll(verdict).toContain((report as NarmaReport).verdict);
    expect(await verdict()).toMatch(/twin/i);
    await expect.poll(async () => Number(await value("narma-nrmse"))).toBeCloseTo((report as NarmaReport).substrate.nrmse, 6);
    for (const row of (report as NarmaReport).controls) {
      await expect
        .poll(() => page.getByTestId(`controls-row-${row.name}`).innerText(), { message: row.name })
        .toContain(row.nrmse.toFixed(3));
    }
  });

  it("draws nonces: the raster's canvas is not empty", async () => {
    const painted = () =>
      page.evaluate(`(() => {
      const canvas = document.querySelector("canvas");
      const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
      return pixels.filter((value, at) => at % 4 === 3 && value > 0).length;
    })()`);
    await expect.poll(painted).toBeGreaterThan(1000);
  });

  it("takes screenshots that a person can look at", async () => {
    await page.screenshot({ path: path.join(SHOTS, "dashboard-dark.png"), fullPage: true });
    await page.emulateMedia({ colorScheme: "light" });
    await page.screenshot({ path: path.join(SHOTS, "dashboard-light.png"), fullPage: true });
    expect(existsSync(path.join(SHOTS, "dashboard-light.png"))).toBe(true);
  });

  it("emergency-off takes two presses, and the board is cold with the reason on the screen", async () => {
    expect(await page.getByRole("button", { name: /emergency/i }).getAttribute("data-testid")).toBe("emergency-off");
    await pressTwice(page.getByTestId("emergency-off"), async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(twin.status().frequencyMhz).toBeGreaterThan(0);
    });
    await expect.poll(() => value("state"), { timeout: 60_000 }).toBe("fault");
    await expect.poll(() => twin.status().frequencyMhz, { timeout: 60_000 }).toBe(0);
    await expect.poll(() => page.locator("body").innerText()).toMatch(/emergency-off was pressed/i);
  });

  it("ends with exactly the counts that the record holds", async () => {
    await expect.poll(async () => (await runs()).every((r) => r.status !== "running"), { timeout: 60_000 }).toBe(true);
    const stored = { valid: 0, invalid: 0 };
    for (const { id } of await runs()) {
      const { counts } = JSON.parse((await run(["runs", "verify", String(id), "--store", db, "--json"])).stdout);
      stored.valid += counts.valid;
      stored.invalid += counts.invalid;
    }
    expect(stored.valid).toBeGreaterThan(500);
    await expect.poll(() => value("nonces-valid"), { timeout: 60_000 }).toBe(String(stored.valid));
    await expect.poll(() => value("nonces-invalid")).toBe(String(stored.invalid));
  }, 180_000);

  it("had no error on the page", () => {
    expect(pageErrors).toEqual([]);
  });
});
