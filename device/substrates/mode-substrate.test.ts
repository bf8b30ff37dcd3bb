import { expect, test } from "vitest";
import { createHub, type Hub } from "../../telemetry/hub.ts";
import { DRIVE_MODES, defaultMode } from "../dispatcher/drive-mode.ts";
import type { Session } from "../session.ts";
import { modeSubstrate } from "./mode-substrate.ts";
import { stagedSession } from "./staged-session.test-support.ts";

const RANGE = { minMv: 1150, maxMv: 1250, stepMs: 80 };

function watched(session: Session): { session: Session; hub: Hub } {
  const hub = createHub({ rig: "test", origin: "twin", software: "0", startedWallMs: 0 });
  return { session: Object.assign(Object.create(session), { hub }) as Session, hub };
}

test.each(DRIVE_MODES.filter((name) => name !== "golden"))("%s is shown while it drives the board, and no longer", async (name) => {
  const { session, hub } = watched(stagedSession({}).session);
  const mode = await modeSubstrate(session, defaultMode(name), RANGE);
  expect(hub.snapshot().drive).toMatchObject({ name, hostMemory: { lag: expect.any(Number) } });
  mode.end();
  expect(hub.snapshot().drive).toBeNull();
});

test("a mode that could not begin is not shown as driving", async () => {
  const { session, hub } = watched(stagedSession({}).session);
  await expect(modeSubstrate(session, defaultMode("golden"), RANGE, AbortSignal.abort(new Error("stopped")))).rejects.toThrow();
  expect(hub.snapshot().drive).toBeNull();
});
