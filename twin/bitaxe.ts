import { permutation, splitmix64 } from "../common/random.ts";
import { Bridge, type BridgeGeneration } from "./board/bridge.ts";
import { type ChipLoad, UltraBoard, type UltraVariant } from "./board/ultra.ts";
import { Bm1366 } from "./chip/bm1366.ts";
import { Chain } from "./chip/chain.ts";
import { CORES, drawSilicon } from "./chip/silicon.ts";
import { FaultyAnswers } from "./faults/faulty-answers.ts";
import { FaultyBus } from "./faults/faulty-bus.ts";
import { FaultyLink } from "./faults/faulty-link.ts";
import { hotterK, pllLockNs } from "./faults/of-chip.ts";
import { boardFaultsAt } from "./faults/on-board.ts";
import { Onset } from "./faults/onset.ts";
import type { FaultTable } from "./faults.ts";
import type { PortOutput } from "./paced-twin.ts";
import { PARAMETERS, SHARED_PARAMETERS } from "./parameters.ts";
import { type Crystal, crystalPpm, drawCrystal } from "./physics/crystal.ts";
import type { PhysicsState, Power } from "./physics.ts";
import type { PlantedEffect } from "./planted/emission.ts";

export type { PortOutput } from "./paced-twin.ts";

export interface BitaxeOptions {
  readonly chips: number;
  readonly variant: UltraVariant;
  readonly bridgeGeneration: BridgeGeneration;
  readonly workScale: number;
  readonly seed: number;
  readonly ambientC: number;
  readonly faults: FaultTable;
  /** Always runs fast by so much, instead of one drawn from the seed that drifts. */
  readonly crystalPpm?: number;
  /** Hidden in the timing of its answers (docs/planted-effects.md). */
  readonly planted?: PlantedEffect;
  /** Switched on, cooled and out of reset from the start, for hosts that know nothing of its bridge; default false. */
  readonly powered?: boolean;
}

const NO_CORES: ReadonlySet<number> = new Set();
const STEP_NS = PARAMETERS.stepS * 1e9;
const CRYSTAL_NS = SHARED_PARAMETERS.crystal.intervalS * 1e9;
/** specs/bm1366.md 4.9: default of a Bitaxe Ultra. */
const POWERED_V = 1.2;
const EMC2101 = 0x4c;
/** AA 55 before the payload of an answer. specs/bm1366.md 1.2 */
const PREAMBLE_BYTES = 2;

/**
 * A Bitaxe Ultra: chips, board and bridge, without a clock of its own. Time is ns since power-up and passes only in `advance`;
 * how the way there is cut into calls changes nothing. Same options, same bytes at the same times: same answers.
 */
export class Bitaxe {
  readonly board: UltraBoard;
  readonly chain: Chain;
  readonly bridge: Bridge;
  readonly faults: FaultTable;
  /** One for all chips: the first passes it on. Null where the options say how fast it runs. */
  readonly #crystal: Crystal | null;
  #nowNs = 0;
  #nextStepNs = STEP_NS;
  /** The bridge holds the chips in reset until told otherwise (specs/bm1366.md 5.10). */
  #resetPinHigh = false;
  #hostBaud = 115_200;
  #sweptAtStep = 0;
  readonly #link: FaultyLink;
  readonly #answers: FaultyAnswers;
  readonly #bus: FaultyBus;
  readonly #bridgeReset = new Onset();
  readonly #seed: number;
  #picked: ReadonlySet<number> = NO_CORES;

  constructor(options: BitaxeOptions) {
    const { seed, workScale } = options;
    this.faults = options.faults;
    this.#seed = seed;
    this.#link = new FaultyLink(options.faults, seed);
    this.#bus = new FaultyBus(options.faults, seed);
    this.board = new UltraBoard(options.variant, options.ambientC, splitmix64(seed * 4 + 2));
    // A stream to each chip: from a shared one they would draw in the order in which they are asked, which depends on the ticks.
    const errors = splitmix64(seed * 4 + 3);
    const chips = Array.from(
      { length: options.chips },
      (_, i) => new Bm1366({ silicon: drawSilicon(seed * 1000 + i), workScale, random: splitmix64(Math.floor(errors.next() * 2 ** 53)) }),
    );
    this.#answers = new FaultyAnswers(options.faults, PREAMBLE_BYTES, seed);
    this.chain = new Chain(chips, splitmix64(seed * 4 + 1), options.planted ?? null, this.#answers);
    this.bridge = new Bridge(
      {
        i2c: (address, written, readCount, tNs) => this.#i2c(address, written, readCount, tNs),
        getResetPin: () => this.#resetPinHigh,
        setResetPin: (high) => this.#setResetPin(high),
        adcVdd: () => this.board.adcVdd(),
        setFanDuty: (duty) => this.board.setFanDuty(duty),
        fanRpm: () => this.board.fanRpm(),
        i2cFault: (tNs) => this.faults.value("bridge-error", tNs),
        delayNs: (isI2c, tNs) => this.#bus.delayNs(isI2c, tNs),
      },
      options.bridgeGeneration,
    );
    this.#crystal = options.crystalPpm === undefined ? drawCrystal(splitmix64(seed * 4 + 4)) : null;
    this.#setCrystal(0, options.crystalPpm ?? this.#crystalPpm(0));
    if (options.powered) {
      this.board.switchOn(POWERED_V);
      this.board.setFanDuty(1);
      this.#resetPinHigh = true;
    }
    this.#applyChipFaults();
  }

  get nowNs(): number {
    return this.#nowNs;
  }

  get frequencyMhz(): number {
    return this.chain.chips[0]?.frequencyMhz ?? 0;
  }

  get physics(): PhysicsState {
    return this.board.state;
  }

  get power(): Power {
    return this.board.power;
  }

  /** The host's UART rate: its line coding, applied at once. specs/bm1366.md 5.10 */
  setHostBaud(baud: number): void {
    if (baud > 0) this.#hostBaud = baud;
  }

  /** The host wrote to the control port now. */
  receiveControl(bytes: Uint8Array): void {
    this.bridge.receive(this.#nowNs, this.#link.controlToBoard(this.#nowNs, bytes));
  }

  /** The host wrote to the data port now, at the rate last set. */
  receiveData(bytes: Uint8Array): void {
    this.chain.send(this.#nowNs, this.#link.dataToBoard(this.#nowNs, bytes, this.#hostBaud), this.#hostBaud);
  }

  /** Lets everything up to `toNs` happen, in its order. */
  advance(toNs: number): void {
    for (;;) {
      const tNs = Math.min(this.chain.nextNs, this.bridge.nextNs, this.#nextStepNs, toNs);
      this.#nowNs = Math.max(this.#nowNs, tNs);
      this.#advanceChain(this.#nowNs);
      this.#advanceBridge(this.#nowNs);
      if (this.#nextStepNs <= this.#nowNs) this.#stepPhysics();
      if (this.#nowNs >= toNs && Math.min(this.chain.nextNs, this.bridge.nextNs, this.#nextStepNs) > toNs) return;
    }
  }

  /** What became ready for the host since the last call. */
  takeOutputs(): PortOutput[] {
    return this.#link.due(this.#nowNs);
  }

  #advanceChain(tNs: number): void {
    this.chain.advance(tNs);
    for (const output of this.chain.takeOutputs()) this.#link.dataToHost(output, this.#hostBaud);
  }

  #advanceBridge(tNs: number): void {
    this.bridge.advance(tNs);
    for (const output of this.bridge.takeOutputs()) this.#link.controlToHost(output.tNs, output.bytes);
  }

  #stepPhysics(): void {
    const tNs = this.#nextStepNs;
    this.#nextStepNs += STEP_NS;
    this.#applyChipFaults();
    this.board.step(this.#chipLoad(tNs), boardFaultsAt(this.faults, tNs), PARAMETERS.stepS);
    this.#applySupply();
    const { coreV, junctionC } = this.board.state;
    this.chain.chips.forEach((chip, index) => {
      chip.setConditions(tNs, coreV, junctionC + hotterK(this.faults, index, tNs));
    });
    if (this.#crystal !== null && tNs % CRYSTAL_NS === 0) this.#setCrystal(tNs, this.#crystalPpm(tNs));
  }

  #setCrystal(tNs: number, ppm: number): void {
    for (const chip of this.chain.chips) chip.setCrystalPpm(tNs, ppm);
  }

  /** At the temperature of the board beside it. */
  #crystalPpm(tNs: number): number {
    return this.#crystal === null ? 0 : crystalPpm(this.#crystal, this.board.state.boardC, tNs / 1e9);
  }

  #chipLoad(tNs: number): ChipLoad {
    const { chips, running } = this.chain;
    const first = chips[0];
    if (first === undefined || !running) {
      this.#sweptAtStep = 0;
      return { frequencyMhz: 0, activity: 0, chips: chips.length, diodeConnected: false, hotterK: 0 };
    }
    const swept = chips.reduce((sum, chip) => sum + chip.sweptPositions(tNs), 0);
    const possible = chips.reduce((sum, chip) => sum + chip.frequencyMhz * 1e6 * PARAMETERS.stepS, 0);
    const activity = possible > 0 ? Math.max(0, Math.min(1, (swept - this.#sweptAtStep) / possible)) : 0;
    this.#sweptAtStep = swept;
    const frequencyMhz = chips.reduce((sum, chip) => sum + chip.frequencyMhz, 0) / chips.length;
    return { frequencyMhz, activity, chips: chips.length, diodeConnected: first.diodeConnected, hotterK: hotterK(this.faults, 0, tNs) };
  }

  #applyChipFaults(): void {
    const tNs = this.#nowNs;
    const dead = this.faults.value("chip-dead", tNs);
    const { chips } = this.chain;
    const last = Math.min(
      chips.length - (this.faults.value("chips-missing", tNs) ?? 0),
      this.faults.value("chain-cut", tNs) ?? chips.length,
    );
    const id = this.faults.value("chip-wrong-id", tNs);
    const collides = this.faults.value("address-collision", tNs);
    const deaf = this.faults.value("baud-mismatch", tNs);
    const bad = this.faults.holding("bad-cores", tNs);
    chips.forEach((chip, index) => {
      chip.dead = index === dead || index >= last;
      chip.chipIdOverride = id;
      chip.takesAddressBefore = index === collides;
      chip.setMissesBaud(index === deaf);
      chip.setPllLock(pllLockNs(this.faults, index, tNs) ?? 0, tNs);
      chip.badCores = bad?.chip === index ? this.#badCores(bad.value) : NO_CORES;
    });
    const bridgeReset = this.faults.holding("bridge-reset", tNs);
    if (this.#bridgeReset.struck(bridgeReset)) {
      this.bridge.restart(tNs + (bridgeReset?.value ?? 0) * 1e6);
      this.#setResetPin(false);
    }
    const brownOut = this.#answers.refresh(tNs);
    if (brownOut !== null) this.chain.resetChip(brownOut);
  }

  /** So many cores, the same ones for one seed. */
  #badCores(count: number): ReadonlySet<number> {
    if (this.#picked.size !== Math.min(count, CORES))
      this.#picked = new Set(permutation(CORES, splitmix64(this.#seed ^ 0x5bad)).subarray(0, count));
    return this.#picked;
  }

  #setResetPin(high: boolean): void {
    this.#resetPinHigh = high;
    this.#applySupply();
  }

  #applySupply(): void {
    this.chain.setRunning(this.#resetPinHigh && this.board.powered);
  }

  #i2c(address: number, written: Uint8Array | null, readCount: number, tNs: number): Uint8Array | null {
    const lostSensor = address === EMC2101 && this.board.variant === "205" && this.faults.value("sensor-open", tNs) !== null;
    return this.#bus.transfer(address, tNs, () => (lostSensor ? null : this.board.bus.transfer(address, written, readCount)));
  }
}
