import type { FaultTable } from "./table.ts";

/** What is wrong with the temperature sensors. */
export interface SensorFault {
  readonly open: boolean;
  readonly short: boolean;
  readonly stuck: boolean;
  /** What they read, whatever the temperature is; null: what they measure. */
  readonly readsC: number | null;
}

/** What is wrong with a board's supply, cooling and sensors at the moment. */
export interface BoardFaults {
  readonly fanStalled: boolean;
  /** Share of its speed that the fan reaches. */
  readonly fanShare: number;
  readonly tachometerDead: boolean;
  readonly hotterK: number;
  /** Times what the regulator is set to. */
  readonly regulatorFactor: number;
  readonly inputSagV: number;
  readonly adcOffsetV: number;
  readonly sensor: SensorFault;
}

export const SOUND_BOARD: BoardFaults = {
  fanStalled: false,
  fanShare: 1,
  tachometerDead: false,
  hotterK: 0,
  regulatorFactor: 1,
  inputSagV: 0,
  adcOffsetV: 0,
  sensor: { open: false, short: false, stuck: false, readsC: null },
};

/** A regulator's loop holds it within this share, however long it drifts. GUESS. */
const MOST_DRIFT = 0.2;

export function boardFaultsAt(faults: FaultTable, tNs: number): BoardFaults {
  const holds = (name: Parameters<FaultTable["value"]>[0]) => faults.value(name, tNs) !== null;
  return {
    fanStalled: holds("fan-stall"),
    fanShare: faults.value("fan-slow", tNs) ?? 1,
    tachometerDead: holds("tachometer-dead"),
    hotterK: faults.value("over-temperature", tNs) ?? 0,
    regulatorFactor: regulatorFactor(faults, tNs),
    inputSagV: faults.value("input-sag", tNs) ?? 0,
    adcOffsetV: (faults.value("adc-offset", tNs) ?? 0) / 1000,
    sensor: {
      open: holds("sensor-open"),
      short: holds("sensor-short"),
      stuck: holds("sensor-stuck"),
      readsC: faults.value("sensor-implausible", tNs),
    },
  };
}

function regulatorFactor(faults: FaultTable, tNs: number): number {
  if (faults.value("regulator-dead", tNs) !== null) return 0;
  const over = faults.value("regulator-overshoot", tNs) ?? 0;
  const under = faults.value("regulator-undershoot", tNs) ?? 0;
  const drift = faults.holding("regulator-drift", tNs);
  const minutes = drift === null ? 0 : (tNs - drift.sinceNs) / 60e9;
  const drifted = Math.max(-MOST_DRIFT, Math.min(MOST_DRIFT, ((drift?.value ?? 0) / 100) * minutes));
  return 1 + (over - under) / 100 + drifted;
}
