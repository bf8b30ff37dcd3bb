/** A latched fault is cleared on the page, in real Chromium: by keys and on a phone, by who may operate. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openControlStore } from "../../telemetry/control/control-store.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS } from "./chromium.ts";
import { buildDashboard, type Feeder, startFeeder } from "./feeder.ts";
import { KNOWN } from "./known-record.ts";

const SHOTS = path.resolve("build/screenshots");
const AXE = "node_modules/axe-core/axe.min.js";
const OPERATE = "operate".repeat(4);
const CAUSE = "The sentinel switched the board off: chip temperature 81.5 °C is above its limit of 75 °C.";

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

describe.skipIf(!existsSync(CHROMIUM))("a latched fault on the dashboard", () => {
  const control = openControlStore(":memory:");
  const pageErrors: string[] = [];
  let built: Awaited<ReturnType<typeof buildDashboard>>;
  let feeder: Feeder;
  let browser: Browser;

  const latch = () => control.latch({ rig: "feeder", code: "SENTINEL", cause: CAUSE, evidence: null, wallMs: 1_700_000_000_000 });
  const opened = async (size: { width: number; height: number }, colorScheme: "dark" | "light"): Promise<Page> => {
    const page = await browser.newPage({ viewport: size, colorScheme });
    page.on("pageerror", (error) => pageErrors.push(String(error)));
    await page.goto(feeder.api.url);
    await page.getByTestId("origin").waitFor();
    return page;
  };
  const serious = async (page: Page) => {
    await page.evaluate(readFileSync(AXE, "utf8"));
    const violations: Violation[] = await page.evaluate("axe.run().then(({ violations }) => violations)");
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
  };

  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    built = await buildDashboard();
    feeder = await startFeeder({
      dashboardDir: built.folder,
      board: "s9",
      perSecond: 50,
      initial: { ...KNOWN, state: "fault", stateReason: `SENTINEL: ${CAUSE}` },
      control,
      tokens: { view: null, operate: OPERATE },
    });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
  }, 90_000);

  afterAll(async () => {
    await browser?.close();
    await feeder?.stop();
    control.close();
    built?.remove();
  }, 30_000);

  // What a test that failed leaves latched would be one more for the next.
  afterEach(() => {
    for (const { id } of control.latches("feeder")) control.clear("feeder", id, "the test is over", 1_700_000_000_000);
  });

  it("says what will happen, wants a reason in words and a token, and is cleared by keys alone", async () => {
    const id = latch();
    const page = await opened({ width: 1440, height: 1000 }, "dark");
    await page.getByTestId(`latched-${id}`).waitFor();
    expect(await page.getByTestId(`latched-${id}`).innerText()).toContain(CAUSE);
    // Not what the sentinel said while it still looked.
    expect(await page.getByTestId("safety-action").innerText()).toBe(`fault SENTINEL: ${CAUSE}`);
    await page.getByTestId(`clear-fault-${id}`).focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => page.evaluate("document.activeElement.tagName")).toBe("TEXTAREA");
    expect(await page.locator(".clearing").innerText()).toMatch(/feeder is then switched on again.*its plan begins anew/);
    expect(await page.getByTestId(`clear-send-${id}`).isDisabled()).toBe(true);

    await page.keyboard.press("Escape");
    expect(await page.evaluate("document.activeElement.dataset.testid")).toBe(`clear-fault-${id}`);
    // In the task of the press, not a frame later: what is typed next goes where the focus is.
    expect(await page.evaluate("document.activeElement.click(); Promise.resolve().then(() => document.activeElement.tagName)")).toBe(
      "TEXTAREA",
    );
    await page.keyboard.type("   ");
    expect(await page.getByTestId(`clear-send-${id}`).isDisabled()).toBe(true);
    await page.keyboard.type("dust removed & fan replaced");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.getByTestId(`clear-answer-${id}`).innerText()).toContain("Use the token of role operate");
    expect(control.latches("feeder")).toHaveLength(1);
    await page.screenshot({ path: path.join(SHOTS, "clear-fault-dark.png") });
    expect(await serious(page)).toEqual([]);

    await page.getByTestId(`clear-token-${id}`).focus();
    await page.keyboard.type(OPERATE);
    await page.keyboard.press("Enter");
    await expect.poll(() => control.latches("feeder")).toEqual([]);
    expect(control.latches("feeder", { all: true }).at(-1)).toMatchObject({ id, clearedReason: "dust removed & fan replaced" });
    await page.getByTestId(`latched-${id}`).waitFor({ state: "detached" });
    await page.close();
  }, 60_000);

  it.each(["dark", "light"] as const)(
    "on a phone, %s: in reach, nothing sticks out, and with two it is said that the board stays off",
    async (scheme) => {
      const [first, second] = [latch(), latch()];
      const page = await opened({ width: 390, height: 844 }, scheme);
      await page.getByTestId(`clear-fault-${first}`).click();
      await page.getByTestId(`clear-reason-${first}`).fill("paste renewed");
      expect(await page.locator(".clearing").innerText()).toContain("feeder stays off: 1 more is latched");
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
      expect(await serious(page)).toEqual([]);
      await page.getByTestId(`clear-send-${first}`).scrollIntoViewIfNeeded();
      await page.screenshot({ path: path.join(SHOTS, `clear-fault-phone-${scheme}.png`) });
      await page.getByTestId(`clear-send-${first}`).click();
      await page.getByTestId(`clear-token-${first}`).fill(OPERATE);
      await page.getByTestId(`clear-send-${first}`).click();
      await expect.poll(() => control.latches("feeder").map(({ id }) => id)).toEqual([second]);
      // The browser is known from now on.
      await page.getByTestId(`clear-fault-${second}`).click();
      await page.getByTestId(`clear-reason-${second}`).fill("paste renewed");
      await page.getByTestId(`clear-send-${second}`).click();
      await expect.poll(() => control.latches("feeder")).toEqual([]);
      await page.close();
    },
    60_000,
  );

  it("shows nothing to clear of a board that is not in fault", async () => {
    const id = latch();
    const page = await opened({ width: 1440, height: 1000 }, "light");
    await page.getByTestId(`latched-${id}`).waitFor();
    await page.screenshot({ path: path.join(SHOTS, "clear-fault-light.png") });
    feeder.hub.publish("state", { state: "running", stateReason: "hashing" });
    await page.getByTestId(`latched-${id}`).waitFor({ state: "detached" });
    expect(pageErrors).toEqual([]);
    await page.close();
  }, 60_000);
});
