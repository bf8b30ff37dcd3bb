/** A rig on a board that only writes down what is done to it. */
import { hostClock } from "../common/clock.ts";
import type { Board, BoardReadings } from "../drivers/boards/board.ts";
import { parseConfig } from "./config/load.ts";
import type { Chain, Hardware } from "./hardware/hardware.ts";
import { Rig } from "./rig.ts";
import type { RigEvents } from "./rig-events.ts";
import type { SafeguardKinds } from "./safeguards.ts";

export const CONFIG = parseConfig("origin: twin\nboard: { kind: bitaxe-ultra, control: a, data: b }\n", "test");
export const clock = hostClock();

/** A board, chips and work whose every call is written down; `read` and `powerUp` can be replaced. */
export interface Change {
  read?: () => Promise<BoardReadings>;
  powerUp?: (signal: AbortSignal, done: string[]) => Promise<number>;
  powerDown?: () => Promise<void>;
  /** Called before ports are opened for the first time. */
  open?: () => void;
  /** Called before ports are opened again. */
  reopen?: () => void;
  reset?: () => void;
  /** Chips with clocks of their own. */
  chipClocks?: boolean;
  safeguards?: SafeguardKinds;
  /** Called for each passed evaluation. */
  passed?: () => void;
}

export function bench(change: Change = {}) {
  const done: string[] = [];
  const states: string[] = [];
  const cool = async (): Promise<BoardReadings> => ({
    atNs: clock.nowNs(),
    coreVoltageMv: 1200,
    inputVoltageMv: 5000,
    inputCurrentMa: 2000,
    powerMw: 10_000,
    chipTempC: 50,
    boardTempC: 40,
    regulatorTempC: null,
    fanRpm: 4000,
  });
  const control = { read: change.read ?? cool, lose: (_: Error) => {} };
  const board: Board = {
    limits: {
      coreVoltageMv: { min: 1100, max: 1300 },
      frequencyMhz: { min: 50, max: 575 },
      maxPowerMw: 25_000,
      maxChipTempC: 75,
      maxRegulatorTempC: 105,
    },
    probe: async () => ({ model: "bench", regulator: "none", i2cAddresses: [] }),
    async setCoreVoltageMv(mv) {
      done.push(`core ${mv}`);
      return mv;
    },
    coreOff: async () => ({ supplyOff: true, how: "bench" }),
    async setReset(asserted) {
      change.reset?.();
      done.push(asserted ? "reset" : "release");
    },
    async setFanPercent(percent) {
      done.push(`fan ${percent}`);
    },
    read: async () => ({ readings: await control.read(), failed: [] }),
    async close() {},
  };
  const chain: Chain = {
    chips: 1,
    chipId: 0x1366,
    frequencyMhz: 485,
    ticketDifficulty: 1,
    setFrequency: async (mhz) => void done.push(`clock ${mhz}`),
    ...(change.chipClocks
      ? {
          async setFrequencies(mhz: readonly number[]) {
            done.push(`clocks ${mhz}`);
            return mhz;
          },
        }
      : {}),
    setTicketDifficulty: async (difficulty) => difficulty,
    async checkAnswering() {},
    onNonces: () => () => {},
    counters: () => ({
      frames: 0,
      damagedFrames: 0,
      openingNonces: 0,
      nonces: { valid: 0, invalid: 0, stale: 0, duplicate: 0, "unknown-job": 0 },
      discardedBytes: 0,
      overruns: 0,
    }),
    shutDownSequence: async () => ({ completed: true, frequencyMhz: 50, reason: null }),
    detach() {},
  };
  const hardware: Hardware = {
    board,
    sensesUnpowered: true,
    blindMs: 10_000,
    cores: [],
    expectedGhs: () => 0,
    // As the drivers' own do, it looks at the signal before it switches on.
    powerUp: async (_, signal) => {
      signal.throwIfAborted();
      if (change.powerUp) return change.powerUp(signal, done);
      done.push("on");
      return 1200;
    },
    async powerDown() {
      await change.powerDown?.();
      done.push("off");
      return board.coreOff();
    },
    bringUp: async () => chain,
    safeSequence: () => ({ port: null, steps: [] }),
    workFor: () => ({ start: () => void done.push("work"), fresh: async () => {}, renewLease() {}, stop: () => void done.push("no work") }),
    onLost: (listener) => {
      control.lose = listener;
    },
    async close() {},
  };
  const events: RigEvents = {
    state: (state) => void states.push(state),
    board() {},
    readings() {},
    setPoint() {},
    jobs() {},
    nonces() {},
    wire() {},
    activity() {},
    log() {},
    ...(change.passed ? { passed: change.passed } : {}),
  };
  let opened = 0;
  const open = async () => {
    if (++opened > 1) change.reopen?.();
    else change.open?.();
    return hardware;
  };
  const rig = new Rig(CONFIG, clock, events, open, change.safeguards);
  return { rig, done, states, control };
}
