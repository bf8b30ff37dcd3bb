/** How long a step of a drive lasts on a board, before there is one: on a host that keeps up, and without what sensors take. */

import { WRITE_AHEAD_MS } from "../../drivers/bm1387/write-ahead.ts";
import { PIC_COMMANDS } from "../../drivers/boards/pic16f1704-commands.ts";
import { VOLTAGE_STEP_MV, VOLTAGE_STEP_PAUSE_MS } from "../../drivers/boards/s9-hashboard.ts";
import type { Config } from "../config/schema.ts";
import type { DriveMode } from "../dispatcher/drive-mode.ts";

export interface DrivenBoard {
  readonly board: Pick<Config["board"], "kind">;
  readonly noncesPerSecond: number;
  /** Between the core voltage of u = 0 and that of u = 0.5, mV. */
  readonly rangeMv: number;
}

/** `stepMs`: what is asked for in the modes that have steps of a given length. */
export function leastStepMs({ board, noncesPerSecond, rangeMv }: DrivenBoard, mode: DriveMode, stepMs: number): number {
  const s9 = board.kind === "s9-hashboard";
  const settingMs = s9 ? s9VoltageMs(rangeMv) : 0;
  switch (mode.name) {
    case "chorus":
      return stepMs;
    case "constant":
      return Math.max(stepMs, s9 ? s9VoltageMs(0) : 0);
    case "monologue":
      return Math.max(stepMs, settingMs);
    case "dialogue":
      return settingMs + mode.words * Math.min(mode.deadlineMs, (1000 * mode.answers) / noncesPerSecond);
    case "golden":
      // What the pump had written ahead leaves before its first work can leave again.
      return settingMs + mode.replayMs + (s9 ? WRITE_AHEAD_MS : 0);
  }
}

/**
 * From one input to the next, both anywhere in the range: a PIC takes 0.1 V at a time, settles, and rests before the next. They lie more than d apart in
 * (1 - d / range)^2 of cases.
 */
export function s9VoltageMs(rangeMv: number): number {
  let settings = 0;
  for (let apartMv = 0; apartMv < rangeMv; apartMv += VOLTAGE_STEP_MV) settings += (1 - apartMv / rangeMv) ** 2;
  settings = Math.max(1, settings);
  return settings * PIC_COMMANDS.setVoltage.settleMs + (settings - 1) * VOLTAGE_STEP_PAUSE_MS;
}
