/** Every panel in real Chromium, beside a feeder with a record whose content is known. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type NonceBatch, STATUS } from "../../common/nonce-batch.ts";
import { CHROMIUM, launchChromium } from "./chromium.ts";
import { buildDashboard, type Feeder, startFeeder } from "./feeder.ts";
import { fillRecord, KNOWN, SWEEP } from "./known-record.ts";

const SHOTS = path.resolve("build/screenshots");
const AXE = "node_modules/axe-core/axe.min.js";
const SILENT_CHIP = 40;
const WRONG_CHIP = 17;

/** Chip 17 gives nothing but wrong nonces, chip 40 nothing at all. */
function faulty(batch: NonceBatch): NonceBatch {
  const { chip, status } = batch;
  return {
    ...batch,
    chip: chip.map((one) => (one === SILENT_CHIP ? SILENT_CHIP + 1 : one)),
    status: status.map((one, row) => (chip[row] === WRONG_CHIP ? STATUS.invalid : one)),
  };
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

describe.skipIf(!existsSync(CHROMIUM))("the dashboard's panels", () => {
  let built: Awaited<ReturnType<typeof buildDashboard>>;
  let feeder: Feeder;
  let browser: Browser;
  let page: Page;
  const pageErrors: string[] = [];

  const watched = async (size: { width: number; height: number }, colorScheme: "dark" | "light"): Promise<Page> => {
    const opened = await browser.newPage({ viewport: size, colorScheme });
    opened.on("pageerror", (error) => pageErrors.push(String(error)));
    await opened.goto(feeder.api.url);
    await opened.getByTestId("origin").waitFor();
    return opened;
  };

  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    built = await buildDashboard();
    feeder = await startFeeder({
      dashboardDir: built.folder,
      board: "s9",
      perSecond: 1500,
      alter: faulty,
      record: fillRecord,
      initial: KNOWN,
    });
    browser = await launchChromium();
    page = await watched({ width: 1440, height: 1000 }, "dark");
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await feeder?.stop();
    built?.remove();
  });

  const value = (id: string, on = page) => on.getByTestId(id).first().getAttribute("data-value");

  it("every panel carries the origin word", async () => {
    const ids = ["raster", "chips", "timing", "sweep", "narma", "controls", "verdicts", "runs", "safety", "log"];
    for (const id of ids) expect(await page.locator(`#${id} .panel-head .origin-tag`).innerText(), id).toMatch(/twin/i);
  });

  it("the chip map tells a silent chip from one whose nonces are wrong, by keys and by touch", async () => {
    const map = page.getByTestId("chip-map");
    await expect.poll(() => page.locator("#chips .note").innerText(), { timeout: 60_000 }).toContain("2 silent");
    await map.focus();
    await page.keyboard.press("Home");
    // Neighbours on a row are a domain of three chips apart.
    for (let step = 0; step < Math.floor(SILENT_CHIP / 3); step++) await page.keyboard.press("ArrowRight");
    for (let step = 0; step < SILENT_CHIP % 3; step++) await page.keyboard.press("ArrowDown");
    await expect
      .poll(() => map.getAttribute("aria-valuetext"))
      .toMatch(/^chip 40, domain 13; 0\.0 valid nonces a second.*; 0 invalid \(– %\)/);
    await page.keyboard.press("Escape");
    await expect.poll(() => page.locator("#chips [role=tooltip]").count()).toBe(0);

    const errors = page.getByTestId("chip-map-errors");
    const box = (await errors.boundingBox()) as NonNullable<Awaited<ReturnType<typeof errors.boundingBox>>>;
    const [column, row] = [Math.floor(WRONG_CHIP / 3), WRONG_CHIP % 3];
    await errors.click({ position: { x: ((column + 0.5) / 21) * box.width, y: ((row + 0.5) / 3) * box.height } });
    await expect.poll(() => page.locator("#chips [role=tooltip]").innerText()).toMatch(/chip 17, domain 5[\s\S]*\(100\.0 %\)/);
  });

  it("what the map says of a chip lies over nothing, and the panel is as high with it as without", async () => {
    for (const [width, high] of [
      [1440, 1000],
      [390, 844],
      [1920, 1080],
      [1920, 900],
    ] as const) {
      const opened = await watched({ width, height: high }, "dark");
      const boxes = () =>
        opened.evaluate(`(() => {
          const box = (one) => { const { top, bottom } = one.getBoundingClientRect(); return { top: top + scrollY, bottom: bottom + scrollY }; };
          const readout = document.querySelector("#chips [role=tooltip]");
          return { panel: box(document.querySelector("#chips")), maps: box(document.querySelector(".chip-maps")), readout: readout && box(readout) };
        })()`) as Promise<Record<"panel" | "maps" | "readout", { top: number; bottom: number } | null>>;
      await expect.poll(() => opened.locator("#chips .note").innerText()).toContain("2 silent");
      const height = ({ panel }: Awaited<ReturnType<typeof boxes>>) => (panel?.bottom ?? 0) - (panel?.top ?? 0);
      const closed = await boxes();
      expect(closed.readout).toBe(null);
      await opened.getByTestId("chip-map").focus();
      await opened.locator("#chips [role=tooltip]").waitFor();
      const open = await boxes();
      expect(open.readout?.top, `${width} x ${high}`).toBeGreaterThanOrEqual(open.maps?.bottom as number);
      expect(open.readout?.bottom, `${width} x ${high}`).toBeLessThanOrEqual(open.panel?.bottom as number);
      expect(height(open), `${width} x ${high}`).toBeCloseTo(height(closed), 0);
      await opened.locator("#chips").screenshot({ path: path.join(SHOTS, `chips-chosen-${width}-${high}.png`) });
      await opened.close();
    }
  }, 240_000);

  it("the timing of Poisson nonces lies in the null band, below the significance line and on the jitter's line", async () => {
    // All at one moment: lost frames empty them, and they fill one after the other.
    const shown = async (): Promise<(number | null)[]> => {
      const all: (string | null)[] = await page.evaluate(
        `["spectrum", "allan", "cv", "residual"].map((id) => document.querySelector("[data-testid=timing-" + id + "]")?.dataset.value || null)`,
      );
      return all.map((one) => (one === null ? null : Number(one)));
    };
    let values: (number | null)[] = [];
    const known = async () => {
      values = await shown();
      return values.every((one) => one !== null && Number.isFinite(one));
    };
    await expect.poll(known, { timeout: 100_000 }).toBe(true);
    const [spectrum, , cv, residual] = values as [number, number, number, number];
    expect(cv).toBeGreaterThan(0.8);
    expect(cv).toBeLessThan(1.25);
    expect(spectrum).toBeLessThan(25);
    expect(Math.abs(residual)).toBeLessThan(0.1);
  });

  it("the sweep map writes regimes out and marks where the board works", async () => {
    await page.locator("input[value=regime]").check();
    for (const point of SWEEP.filter(({ status }) => status === "done"))
      await expect.poll(() => page.getByTestId(`sweep-cell-${point.index}`).innerText()).toBe(point.regime);
    const operating = page.locator("[data-operating=true]");
    await expect.poll(() => operating.count()).toBe(1);
    expect(await operating.getAttribute("data-testid")).toBe(
      `sweep-cell-${SWEEP.find(({ coreVoltageMv, frequencyMhz }) => coreVoltageMv === 8800 && frequencyMhz === 650)?.index}`,
    );
    const { hub } = feeder;
    hub.publish("setPoint", { coreVoltageMv: 8400, frequencyMhz: 550, ticketDifficulty: 1 });
    await expect.poll(() => operating.getAttribute("data-testid")).toBe("sweep-cell-0");
    hub.publish("setPoint", { coreVoltageMv: 7000, frequencyMhz: 550, ticketDifficulty: 1 });
    await expect.poll(() => value("operating-point")).toBe("elsewhere");
    hub.publish("setPoint", { coreVoltageMv: 8800, frequencyMhz: 650, ticketDifficulty: 1 });
  });

  it("a verdict opens to its evidence: every control, the p-value, run and row", async () => {
    const judged = page.getByTestId("verdict-run-4");
    await judged.getByRole("button").click();
    await judged.getByTestId("verdict-answer").waitFor();
    expect(await judged.getByTestId("verdict-answer").innerText()).toBe("refuted");
    for (const expected of ["run 4, row 1 (computes-report)", "p = 0.310", "states in random order", "T3 at most", "9f2b5c1e7d3a4f60"])
      await expect.poll(() => judged.innerText()).toContain(expected);
    await judged.getByRole("button").click();
    await expect.poll(() => judged.locator(".evidence").count()).toBe(0);
  });

  it("two runs stand beside each other, with what differs between them and nothing else", async () => {
    await page.getByLabel("Compare run 3").check();
    await page.getByLabel("Compare run 5").check();
    await expect.poll(() => value("comparison")).toBe("true");
    const text = () => page.getByTestId("comparison").innerText();
    await expect.poll(text).toMatch(/valid a second\s+9\d\.\d\d\s+9\d\.\d\d/);
    await expect.poll(text).toMatch(/plan\.seed\s+3\s+5/);
    await expect.poll(text).toMatch(/NARMA-10: beats 30 linear taps: no/);
    expect(await text()).not.toContain("plan.stepMs");
  });

  it("says how the board is driven and what its chips' clocks are", async () => {
    await expect.poll(() => page.getByTestId("drive-mode").innerText()).toContain("The host adds no memory.");
    await expect.poll(() => page.getByTestId("chip-clocks").innerText()).toBe("+3.2 ppm (+2.4 to +4.1)");
    feeder.hub.publish("drive", null);
    await expect.poll(() => value("drive-mode")).toBe("");
  });

  it("keys reach everything that can be pressed, in view, with a ring, from the skip link on", async () => {
    const fresh = await watched({ width: 1440, height: 1000 }, "light");
    // What comes of the record and of the link moves the focus's way while it is walked.
    for (const late of [fresh.getByLabel("Compare run 5"), fresh.getByLabel("Zoom in"), fresh.getByTestId("sweep-cell-0")])
      await late.waitFor();
    await fresh.waitForTimeout(1500);
    const seen: string[] = [];
    await fresh.keyboard.press("Tab");
    expect(await fresh.evaluate("document.activeElement.textContent.trim()")).toBe("Skip to the panels");
    for (let presses = 0; presses < 80; presses++) {
      await fresh.keyboard.press("Tab");
      const focus: { name: string; outline: string; inView: boolean } | null = await fresh.evaluate(`(() => {
        const one = document.activeElement;
        if (one === null || one === document.body) return null;
        const box = one.getBoundingClientRect();
        const ringed = one.matches(".choice input") ? one.nextElementSibling : one;
        const name = one.getAttribute("data-testid") ?? one.getAttribute("aria-label") ?? one.textContent.trim();
        return { name, outline: getComputedStyle(ringed).outlineStyle, inView: box.bottom > 0 && box.top < innerHeight };
      })()`);
      if (focus === null) break;
      seen.push(focus.name);
      expect(focus.outline, focus.name).not.toBe("none");
      expect(focus.inView, focus.name).toBe(true);
    }
    for (const wanted of ["emergency-off", "chip-map", "Compare run 5", "Zoom in"]) expect(seen).toContain(wanted);
    expect(seen.some((name) => name.startsWith("sweep-cell"))).toBe(true);
    await fresh.close();
  });

  it.each([
    ["dark", 1440, 1000],
    ["light", 1440, 1000],
    ["dark", 390, 844],
    ["light", 390, 844],
    ["dark", 1920, 1080],
  ] as const)(
    "axe finds nothing serious: %s, %d wide; and the page does not scroll sideways",
    async (scheme, width, height) => {
      const opened = await watched({ width, height }, scheme);
      await opened.getByTestId("verdict-run-4").getByRole("button").click();
      await opened.getByTestId("verdict-answer").waitFor();
      for (const run of [3, 5]) await opened.getByLabel(`Compare run ${run}`).check();
      await expect.poll(() => value("comparison", opened)).toBe("true");
      await opened.getByTestId("chip-map").focus();
      await opened.waitForTimeout(1500);
      await opened.evaluate("scrollTo(0, 0)");
      await opened.screenshot({ path: path.join(SHOTS, `panels-${scheme}-${width}.png`), fullPage: true });
      await opened.evaluate(readFileSync(AXE, "utf8"));
      const violations: Violation[] = await opened.evaluate("axe.run().then(({ violations }) => violations)");
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      expect(serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      await expect.poll(() => opened.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
      const cutOff = `[...document.querySelectorAll(".evidence-table, .comparison")].filter((one) => one.scrollWidth > one.clientWidth + 1).length`;
      expect(await opened.evaluate(cutOff), "evidence and comparison are seen whole").toBe(0);
      await opened.close();
    },
    240_000,
  );

  it("shows sensors that fell silent as old, and everything as old when the daemon is gone; goes on when it is back", async () => {
    feeder.silence();
    await expect.poll(() => page.getByTestId("connection").innerText(), { timeout: 60_000 }).toMatch(/sensors silent/);
    await expect.poll(() => page.locator(".figure.stale").count()).toBeGreaterThan(0);
    const { port } = feeder.api;
    await feeder.stop();
    await expect.poll(() => value("connection"), { timeout: 60_000 }).not.toBe("connected");
    await expect.poll(() => page.locator("#chips.stale, #timing.stale, #verdicts.stale").count()).toBe(3);
    expect(await value("origin")).toBe("twin");
    await expect.poll(() => page.getByTestId("connection").innerText()).toMatch(/No connection\s+all here is \d+ s old/);
    await page.evaluate(readFileSync(AXE, "utf8"));
    const unread: Violation[] = await page.evaluate("axe.run({ runOnly: ['color-contrast'] }).then(({ violations }) => violations)");
    expect(unread.flatMap(({ nodes }) => nodes.map(({ html }) => html))).toEqual([]);
    // What was known last stays, where a minute without nonces would have emptied it.
    expect(await value("timing-residual")).toMatch(/\d/);
    feeder = await startFeeder({ dashboardDir: built.folder, board: "s9", perSecond: 500, port, record: fillRecord });
    await expect.poll(() => value("connection"), { timeout: 60_000 }).toBe("connected");
    await expect.poll(() => page.locator("#chips.stale, #timing.stale, #verdicts.stale").count()).toBe(0);
    await expect.poll(async () => Number(await value("nonces-valid")), { timeout: 60_000 }).toBeGreaterThan(500);
  }, 240_000);

  it("had no error on any page", () => {
    expect(pageErrors).toEqual([]);
  });
});
