/** What a board's sensors say at the end of a step, as features: sums and readings that are true, never made up. */
import type { BoardReadings } from "../../drivers/boards/board.ts";

export const SENSOR_FEATURES = [
  "core voltage (mV)",
  "input power (mW)",
  "input current (mA)",
  "input voltage (mV)",
  "chip temperature (C)",
  "fan (rpm)",
] as const;

const known = (value: number | null) => value ?? Number.NaN;

/** In the order of SENSOR_FEATURES; NaN where a sensor is absent. */
export function sensorFeatures(readings: BoardReadings): number[] {
  return [
    known(readings.coreVoltageMv),
    known(readings.powerMw),
    known(readings.inputCurrentMa),
    known(readings.inputVoltageMv),
    known(readings.chipTempC),
    known(readings.fanRpm),
  ];
}
