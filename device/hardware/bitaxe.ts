/** A Bitaxe Ultra (or one of its clones) behind the bitaxe-raw bridge: control port and data port. */
import type { Clock } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";
import { Bm1366Chain } from "../../drivers/bm1366/chain.ts";
import { expectedHashRateGhs } from "../../drivers/bm1366/rate.ts";
import { openBitaxeUltra } from "../../drivers/boards/bitaxe-ultra.ts";
import type { Lease } from "../../drivers/boards/lease.ts";
import { powerDown, powerUp } from "../../drivers/boards/power-sequence.ts";
import { verifyHeaders } from "../../drivers/native/index.ts";
import { connectBridge } from "../../drivers/transport/bridge.ts";
import type { ChipLink } from "../../drivers/transport/chip-link.ts";
import type { ControlPort } from "../../drivers/transport/control-port.ts";
import type { BitaxeWiring, Config } from "../config/schema.ts";
import { syntheticHeaders } from "../jobs.ts";
import { DialogueWork } from "./dialogue-work.ts";
import type { Chain, Hardware } from "./hardware.ts";
import { IntervalWork } from "./interval-work.ts";
import { leasedBoard } from "./leased-board.ts";
import { bitaxeSafeSteps, knownGeneration } from "./safe-sequence.ts";

/** The chips' rate after reset (specs/bm1366.md 1.1). */
const RESET_BAUD = 115_200;
/** The fan stays at full until a control loop holds a temperature instead. */
const FAN_PERCENT = 100;
/** GUESS: well under the heatsink's time constant of tens of seconds. */
const BLIND_MS = 10_000;

/** specs/bm1366.md 4.9 */
const CORES = Array.from({ length: 112 }, (_, core) => core);

/** What opening a board takes from the device. */
export interface Means {
  readonly clock: Clock;
  readonly openLink: (path: string, baud: number) => Promise<ChipLink>;
  readonly openControl: (path: string) => Promise<ControlPort>;
  readonly log: (text: string) => void;
  /** The rig's: outputs that keep a board powered depend on it. */
  readonly lease: Lease;
}

export async function openBitaxe(
  wiring: BitaxeWiring,
  jobs: Config["jobs"],
  { clock, openLink, openControl, log, lease }: Means,
): Promise<Hardware> {
  const control = await openControl(wiring.control);
  const bridge = await connectBridge(control, { clock });
  const board = leasedBoard(openBitaxeUltra({ bridge, clock, log }), lease);
  const link = await openLink(wiring.data, RESET_BAUD).catch(async (error: unknown) => {
    await board.close();
    throw error;
  });
  const headers = syntheticHeaders(jobs.seed);
  return {
    board,
    sensesUnpowered: true,
    blindMs: BLIND_MS,
    cores: CORES,
    expectedGhs: (frequencyMhz) => expectedHashRateGhs(frequencyMhz, wiring.chips),
    async powerUp({ coreVoltageMv }, signal) {
      await powerUp(board, clock, { coreVoltageMv, fanPercent: FAN_PERCENT, signal });
      return coreVoltageMv;
    },
    powerDown: () => powerDown(board, clock),
    safeSequence: () => ({ port: control, steps: bitaxeSafeSteps(board.identity?.regulator ?? "", knownGeneration(bridge)) }),
    async bringUp({ setPoint, firstJobSeq, onProgress, signal }) {
      if (link.baud !== RESET_BAUD) await link.setBaud(RESET_BAUD);
      const { frequencyMhz, ticketDifficulty } = setPoint;
      const chain = await Bm1366Chain.bringUp(link, {
        clock,
        verify: verifyHeaders,
        expectedChips: wiring.chips,
        frequencyMhz,
        ticketDifficulty,
        baud: wiring.baud === RESET_BAUD ? null : wiring.baud,
        workScale: wiring.workScale,
        firstJobSeq,
        onProgress,
        signal,
      });
      return asChain(chain, link);
    },
    workFor: (chain, events) =>
      new DialogueWork(
        new IntervalWork(clock, jobs.intervalMs, async () => (chain as BitaxeChain).inner.sendJob(headers.next().value), {
          ...events,
          failed: (error) => {
            // A job that was about to leave when a dialogue took the chain has made way, as it should.
            if (!(error instanceof DriverError && error.code === "DIALOGUE_OPEN")) events.failed(error);
          },
        }),
        (options) => (chain as BitaxeChain).inner.startDialogue(options),
        events,
      ),
    onLost: (listener) => void link.onLost(listener),
    async close() {
      await link.close();
      await board.close();
    },
  };
}

interface BitaxeChain extends Chain {
  readonly inner: Bm1366Chain;
}

function asChain(inner: Bm1366Chain, link: ChipLink): BitaxeChain {
  return {
    inner,
    chips: inner.chips,
    chipId: inner.chipId,
    get frequencyMhz() {
      return inner.frequencyMhz;
    },
    get ticketDifficulty() {
      return inner.ticketDifficulty;
    },
    setFrequency: (frequencyMhz, options) => inner.setFrequency(frequencyMhz, options),
    setTicketDifficulty: (difficulty) => inner.setTicketDifficulty(difficulty),
    async checkAnswering() {
      const silent = (await inner.pollCounters()).filter((chip) => chip.totalCount === null).map((chip) => chip.chip);
      if (silent.length > 0) throw chipSilent(silent, inner.chips);
    },
    onNonces: (listener) => inner.onNonces(listener),
    counters() {
      const { frames, damagedFrames, nonces } = inner.counters();
      const { discardedBytes, overruns } = link.counters();
      return { frames, damagedFrames, openingNonces: 0, nonces, discardedBytes, overruns };
    },
    shutDownSequence: () => inner.shutDownSequence(),
    detach: () => inner.detach(),
  };
}

/** After a brown-out a chip has forgotten its rate and its address. */
export function chipSilent(silent: readonly number[], chips: number): DriverError {
  return new DriverError(
    "CHIP_SILENT",
    `${silent.length} of ${chips} chips stopped answering.`,
    "Raise the voltage or lower the frequency.",
    { silent },
  );
}
