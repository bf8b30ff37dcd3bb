/** A button that wants two presses within three seconds, pressed twice on a machine that may take longer than that for a press. */
import type { Locator } from "playwright-core";
import { expect } from "vitest";
import { CONFIRM_WITHIN_MS } from "../../telemetry/dashboard/src/model/emergency.ts";

const ATTEMPTS = 10;

/** `afterOne` looks at what one press did. A second press that came too late counts as a first one, and must have been too late. */
export async function pressTwice(button: Locator, afterOne: () => unknown): Promise<void> {
  const phase = async () => /is-(\w+)/.exec((await button.locator("xpath=..").getAttribute("class")) ?? "")?.[1];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const startedMs = Date.now();
    await button.click();
    await afterOne();
    await button.click();
    const reached = await phase();
    if (reached !== "armed" && reached !== "idle") return;
    expect(Date.now() - startedMs, "time from before the first press to after the second, ms").toBeGreaterThan(CONFIRM_WITHIN_MS);
    await expect.poll(phase).toBe("idle");
  }
  expect.fail(`${ATTEMPTS} times the second press was too late`);
}
