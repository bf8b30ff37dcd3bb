/** An Antminer S9 hash board: its chips' UART, and its PIC, reset and fans behind a bridge or on this host's own buses. specs/bm1387.md 3.2, 4 */
import { AsicError, DriverError } from "../../common/errors.ts";
import { Bm1387Chain } from "../../drivers/bm1387/chain.ts";
import { expectedHashRateGhs } from "../../drivers/bm1387/rate.ts";
import { bridgeFans } from "../../drivers/boards/bridge-fans.ts";
import type { Fans } from "../../drivers/boards/fans.ts";
import { bridgeResetLine, type ResetLine, sysfsResetLine } from "../../drivers/boards/reset-line.ts";
import { S9Hashboard } from "../../drivers/boards/s9-hashboard.ts";
import { powerUpS9 } from "../../drivers/boards/s9-power-sequence.ts";
import { CORE_OPENING_MV } from "../../drivers/boards/s9-voltage.ts";
import { verifyHeaders } from "../../drivers/native/index.ts";
import { connectBridge } from "../../drivers/transport/bridge.ts";
import type { ChipLink } from "../../drivers/transport/chip-link.ts";
import { BridgeI2c, type I2cBus } from "../../drivers/transport/i2c.ts";
import { openLinuxI2c } from "../../drivers/transport/linux-i2c.ts";
import type { Config, S9Wiring } from "../config/schema.ts";
import { chipSilent, type Means } from "./bitaxe.ts";
import type { Chain, Hardware } from "./hardware.ts";
import { leasedBoard } from "./leased-board.ts";
import { PumpedWork } from "./pumped-work.ts";
import { knownGeneration, type SafeSequence, s9BridgeSafeSteps, s9LinuxSafeSteps } from "./safe-sequence.ts";

/** The chips' rate after reset (specs/bm1387.md 1.1). */
const RESET_BAUD = 115_200;
const FAN_PERCENT = 100;
/** Sensors are reached through running chips: powering, addressing and opening the cores of 63 chips comes first. GUESS: twice what a twin needs. */
const BLIND_MS = 40_000;
/** Cores are opened at 9.4 V; until the voltage is down the clock stays below the frequency where the board caps it (boards/s9-limits.ts). */
const OPENING_MHZ = 500;

/** Chips with a temperature sensor on their own I2C pins, counted from 0; on shorter chains the last but one and the middle. specs/bm1387.md 4.4 */
function sensorChips(chips: number): readonly number[] {
  return chips >= 62 ? [61, 31] : [...new Set([Math.max(0, chips - 2), Math.floor(chips / 2)])];
}

/** 0..56 and 64..120; the others do not exist. specs/bm1387.md 0.6 */
const CORES = Array.from({ length: 114 }, (_, i) => (i < 57 ? i : i + 7));

/** What carries the PIC's bus, the reset line and perhaps the fans. */
export interface Sideband {
  readonly bus: I2cBus;
  readonly reset: ResetLine;
  readonly fans: Fans | null;
  /** What turns the supply off without this program, for a PIC at this address. */
  safeSequence(picAddress: number): SafeSequence;
  close(): Promise<void>;
}

export async function openSideband(wiring: S9Wiring, { clock, openControl }: Pick<Means, "clock" | "openControl">): Promise<Sideband> {
  if (wiring.control !== undefined) {
    const port = await openControl(wiring.control);
    const bridge = await connectBridge(port, { clock });
    return {
      bus: new BridgeI2c(bridge, clock),
      reset: bridgeResetLine(bridge),
      fans: await bridgeFans(bridge).catch(async (error: unknown) => {
        await bridge.close();
        throw error;
      }),
      safeSequence: (picAddress) => ({ port, steps: s9BridgeSafeSteps(picAddress, knownGeneration(bridge)) }),
      close: () => bridge.close(),
    };
  }
  const { i2c = "", reset = "" } = wiring;
  const bus = await openLinuxI2c(i2c, clock);
  return {
    bus,
    reset: sysfsResetLine(reset),
    fans: null,
    safeSequence: (picAddress) => ({ port: null, steps: s9LinuxSafeSteps(picAddress, i2c, reset) }),
    close: () => bus.close(),
  };
}

export async function openS9(wiring: S9Wiring, jobs: Config["jobs"], means: Means): Promise<Hardware> {
  const { clock, openLink, log, lease } = means;
  const sideband = await openSideband(wiring, means);
  const link = await openLink(wiring.data, RESET_BAUD).catch(async (error: unknown) => {
    await sideband.close();
    throw error;
  });
  const lost = new Set<(reason: Error) => void>();
  let inner: Bm1387Chain | null = null;
  let work: PumpedWork | null = null;
  const hashBoard = new S9Hashboard({
    bus: sideband.bus,
    clock,
    picAddress: wiring.picAddress,
    reset: sideband.reset,
    fans: sideband.fans,
    lease,
    frequencyMhz: () => inner?.frequencyMhz ?? null,
    onHeartbeatLost: (reason) => {
      for (const listener of lost) listener(reason);
    },
    release: () => sideband.close(),
    log,
  });
  const board = leasedBoard(hashBoard, lease);
  return {
    board,
    sensesUnpowered: false,
    blindMs: BLIND_MS,
    cores: CORES,
    expectedGhs: (frequencyMhz) => expectedHashRateGhs(inner?.frequenciesMhz ?? Array<number>(wiring.chips).fill(frequencyMhz)),
    async powerUp(_, signal) {
      await powerUpS9(board, clock, { fanPercent: FAN_PERCENT, signal });
      return CORE_OPENING_MV;
    },
    async powerDown() {
      work?.stop();
      const off = await board.coreOff();
      // It reports what did not obey and stops the heartbeat in any case; but chips that are not in reset must be asked for again.
      await board.setReset(true);
      // What ran before has no clock any more: the voltage at which cores are opened must not be judged by it.
      inner = null;
      return off;
    },
    safeSequence: () => sideband.safeSequence(board.identity?.i2cAddresses[0] ?? 0),
    async bringUp({ setPoint, firstJobSeq, onProgress, signal }) {
      if (link.baud !== RESET_BAUD) await link.setBaud(RESET_BAUD);
      const chain = await Bm1387Chain.bringUp(link, {
        clock,
        verify: verifyHeaders,
        expectedChips: wiring.chips,
        frequencyMhz: Math.min(setPoint.frequencyMhz, OPENING_MHZ),
        ticketDifficulty: setPoint.ticketDifficulty,
        baud: wiring.baud === RESET_BAUD ? null : wiring.baud,
        midstates: wiring.midstates,
        workScale: wiring.workScale,
        firstJobSeq,
        onProgress,
        signal,
      });
      inner = chain;
      hashBoard.requireChips(chain.chips);
      await board.setCoreVoltageMv(setPoint.coreVoltageMv);
      signal.throwIfAborted();
      for (const chip of sensorChips(wiring.chips)) await attachSensor(hashBoard, chain, chip);
      if (chain.frequencyMhz !== setPoint.frequencyMhz) await chain.setFrequency(setPoint.frequencyMhz, { signal });
      return asChain(chain, link, () => work);
    },
    workFor(_, events) {
      work = new PumpedWork(link, present(inner), { seed: jobs.seed, midstates: wiring.midstates }, events);
      return work;
    },
    onLost(listener) {
      lost.add(listener);
      link.onLost(listener);
    },
    async close() {
      await link.close();
      await board.close();
    },
  };
}

/** The sensor nearest the outlet is the one the sentinel goes by: without it the board does not run. The others are welcome. */
async function attachSensor(board: S9Hashboard, chain: Bm1387Chain, chip: number): Promise<void> {
  try {
    await board.attachSensor(chip, chain.i2c(chip));
  } catch (error) {
    if (chip === sensorChips(chain.chips)[0] || !(error instanceof AsicError) || error.code === "LINK_LOST") throw error;
  }
}

function asChain(inner: Bm1387Chain, link: ChipLink, work: () => PumpedWork | null): Chain {
  return {
    chips: inner.chips,
    chipId: inner.chipId,
    get frequencyMhz() {
      return inner.frequencyMhz;
    },
    get ticketDifficulty() {
      return inner.ticketDifficulty;
    },
    async setFrequency(frequencyMhz, options) {
      // Faster chips need work sooner: the pace goes up before the clock does, and down after it (specs/bm1387.md 3.6).
      work()?.paceFor(Math.max(frequencyMhz, inner.frequencyMhz));
      await inner.setFrequency(frequencyMhz, options);
      work()?.paceFor(inner.frequencyMhz);
    },
    async setFrequencies(frequenciesMhz, options) {
      work()?.paceFor(Math.max(...frequenciesMhz, inner.frequencyMhz));
      const clocks = await inner.setFrequencies(frequenciesMhz, options);
      work()?.paceFor(inner.frequencyMhz);
      return clocks;
    },
    setTicketDifficulty: (difficulty) => inner.setTicketDifficulty(difficulty),
    async checkAnswering() {
      const silent = (await inner.pollCounters()).filter((chip) => chip.totalCount === null).map((chip) => chip.chip);
      if (silent.length > 0) throw chipSilent(silent, inner.chips);
    },
    onNonces: (listener) => inner.onNonces(listener),
    counters() {
      const { frames, damagedFrames, openingNonces, impossibleCores, nonces } = inner.counters();
      const { discardedBytes, overruns } = link.counters();
      return { frames, damagedFrames: damagedFrames + impossibleCores, openingNonces, nonces, discardedBytes, overruns };
    },
    async shutDownSequence() {
      work()?.stop();
      return inner.shutDownSequence();
    },
    detach() {
      work()?.stop();
      inner.detach();
    },
  };
}

function present(chain: Bm1387Chain | null): Bm1387Chain {
  if (chain) return chain;
  throw new DriverError("NOT_RUNNING", "There is no chain to feed.", "Bring the board up first.");
}
