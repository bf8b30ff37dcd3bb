import { gaussian, splitmix64 } from "../../common/random.ts";
import { Bm1387 } from "../chip/bm1387.ts";
import { Chain1387 } from "../chip/bm1387-chain.ts";
import { bm1387Native, type NativeChainSweep } from "../chip/bm1387-native.ts";
import { CORES_1387, drawSilicon1387, pickCores } from "../chip/bm1387-silicon.ts";
import { FaultyAnswers } from "../faults/faulty-answers.ts";
import { FaultyBus } from "../faults/faulty-bus.ts";
import { FaultyLink } from "../faults/faulty-link.ts";
import { hotterK, pllLockNs } from "../faults/of-chip.ts";
import { type BoardFaults, boardFaultsAt, SOUND_BOARD } from "../faults/on-board.ts";
import { Onset } from "../faults/onset.ts";
import type { FaultTable } from "../faults.ts";
import type { PortOutput } from "../paced-twin.ts";
import { S9_PARAMETERS, SHARED_PARAMETERS } from "../parameters.ts";
import { type Crystal, crystalPpm, drawCrystal } from "../physics/crystal.ts";
import type { PlantedEffect } from "../planted/emission.ts";
import { Bridge } from "./bridge.ts";
import { I2cBus, type I2cDevice } from "./i2c.ts";
import { BADCORE_WORD_ADDRESS, badCoreBytes, FREQ_WORD_ADDRESS, freqBytes, frequencyBin, wordsOf } from "./pic-factory-data.ts";
import { Pic16f1704 } from "./pic16f1704.ts";
import {
  chipVoltage,
  domainOf,
  type S9Inputs,
  type S9Makeup,
  type S9Power,
  type S9State,
  s9AtRest,
  s9Power,
  stepS9,
} from "./s9-physics.ts";
import { Tmp42x, type Tmp42xKind } from "./tmp42x.ts";
import { type LocalAndRemote, Tmp451, type Tmp451Kind } from "./tmp451.ts";

export type S9SensorKind = Tmp451Kind | Tmp42xKind;

export interface S9HashBoardOptions {
  readonly chips: number;
  readonly workScale: number;
  readonly seed: number;
  readonly ambientC: number;
  readonly faults: FaultTable;
  /** 7-bit I2C address of the PIC: 0x55, 0x56 or 0x57. */
  readonly boardAddress: number;
  /** How probable a weak chip is; 0.15 on the boards of specs/bm1387.md 8.4. */
  readonly tailShare: number;
  /** Switched on and out of reset from the start, for hosts that know nothing of its bridge; default false. */
  readonly powered?: boolean;
  readonly sensor: S9SensorKind;
  /** Always runs fast by so much, instead of one drawn from the seed that drifts. */
  readonly crystalPpm?: number;
  /** Hidden in the timing of its answers (docs/planted-effects.md). */
  readonly planted?: PlantedEffect;
}

const STEP_NS = S9_PARAMETERS.stepS * 1e9;
/** The 12 V plugs, and the largest share of it that the converter can give. GUESS: a buck's longest duty. */
const SUPPLY_V = 12;
const MOST_DUTY = 0.95;
/** A shorted diode drops nothing: the sensor's least code. GUESS. */
const SHORTED_C = -64;
/** 9.40 V, at which cores are opened. specs/bm1387.md 0.13, 4.2 */
const POWERED_CODE = 6;
const SENSOR_ADDRESS8 = 0x98;
const CRYSTAL_NS = SHARED_PARAMETERS.crystal.intervalS * 1e9;
/** Signed offset that the factory found for the sensors of J6, J7, J8: the remote reading is that much too high. specs/bm1387.md 4.3 */
const SENSOR_OFFSET_C: ReadonlyMap<number, number> = new Map([
  [0x55, -5],
  [0x56, -4],
  [0x57, -3],
]);

/** Chips with a sensor, as on a board of 63: "bottom", on bus 0, and "middle", on bus 1. specs/bm1387.md 2.3, 4.3 */
export function sensorChips(chips: number): { bottom: number; middle: number } {
  return { bottom: chips >= 62 ? 61 : Math.max(0, chips - 2), middle: chips >= 62 ? 31 : Math.floor(chips / 2) };
}

/**
 * An Antminer S9 hash board with its two fans, behind a UART and a bridge for I2C, reset and fans; without a clock of its own.
 * Time is ns since power-up and passes only in `advance`; how the way there is cut into calls changes nothing.
 */
export class S9HashBoard {
  readonly chain: Chain1387;
  readonly bridge: Bridge;
  readonly pic: Pic16f1704;
  readonly faults: FaultTable;
  readonly #options: S9HashBoardOptions;
  readonly #sweep: NativeChainSweep;
  readonly #noise: () => number;
  readonly #makeup: S9Makeup;
  /** Null where the options say how fast it runs. */
  readonly #crystal: Crystal | null;
  /** What the factory found of the sensors' remote channels, and what is left of either channel, K. */
  readonly #factoryOffsetC: number;
  readonly #sensorErrorsK: ReadonlyMap<number, { readonly local: number; readonly remote: number }>;
  #state: S9State;
  #inputs: S9Inputs;
  #nowNs = 0;
  #nextStepNs = STEP_NS;
  /** RST is low until the host says otherwise. */
  #resetPinHigh = false;
  #powered = false;
  #hostBaud = 115_200;
  #fanDuty = 1;
  #hashesAtStep: Float64Array;
  #badCoresKey = "";
  readonly #link: FaultyLink;
  readonly #answers: FaultyAnswers;
  readonly #bus: FaultyBus;
  readonly #bridgeReset = new Onset();
  readonly #picReset = new Onset();
  readonly #frozen = new Map<number, LocalAndRemote>();
  #boardFaults: BoardFaults = SOUND_BOARD;

  constructor(options: S9HashBoardOptions) {
    const { seed, chips } = options;
    this.#options = options;
    this.faults = options.faults;
    this.#link = new FaultyLink(options.faults, seed);
    this.#bus = new FaultyBus(options.faults, seed);
    this.#answers = new FaultyAnswers(options.faults, 0, seed);
    this.#noise = gaussian(splitmix64(seed * 4 + 2));
    const errors = splitmix64(seed * 4 + 3);
    this.#sweep = new bm1387Native.ChainSweep(chips, options.workScale);
    this.#hashesAtStep = new Float64Array(chips);
    this.#factoryOffsetC = SENSOR_OFFSET_C.get(options.boardAddress) ?? 0;
    this.#crystal = options.crystalPpm === undefined ? drawCrystal(splitmix64(seed * 4 + 4)) : null;
    const { bottom, middle } = sensorChips(chips);
    const silicon = Array.from({ length: chips }, (_, i) => drawSilicon1387(seed * 1000 + i, options.tailShare));
    this.chain = new Chain1387(
      silicon.map(
        (one, index) =>
          new Bm1387({
            index,
            sweep: this.#sweep,
            silicon: one,
            random: errors,
            sensors: [index === bottom ? this.#sensorAt(index) : null, index === middle ? this.#sensorAt(index) : null],
          }),
      ),
      this.#sweep,
      splitmix64(seed * 4 + 1),
      options.planted ?? null,
      this.#answers,
    );
    const board = gaussian(splitmix64(seed * 4 + 5));
    const { offsetK } = S9_PARAMETERS.sensor;
    this.#sensorErrorsK = new Map([bottom, middle].map((chip) => [chip, { local: offsetK * board(), remote: offsetK * board() }]));
    this.#makeup = {
      dynamic: Float64Array.from(silicon, (chip) => chip.dynamic),
      leakage: Float64Array.from(silicon, (chip) => chip.leakage),
    };
    const bins = silicon.map((one) => frequencyBin(one, options.boardAddress));
    const badCores = silicon.map((one) => one.badCores.reduce((sum, bad) => sum + bad, 0));
    this.pic = new Pic16f1704(
      options.boardAddress,
      new Map([
        [BADCORE_WORD_ADDRESS, wordsOf(badCoreBytes(badCores))],
        [FREQ_WORD_ADDRESS, wordsOf(freqBytes(bins, { tempOffsetC: this.#factoryOffsetC, testTempC: 60 }))],
      ]),
      Uint8Array.of(bottom + 1, this.#factoryOffsetC & 0xff, middle + 1, this.#factoryOffsetC & 0xff, 0, 0, 0, 0),
    );
    this.bridge = new Bridge(
      {
        i2c: (address, written, readCount, tNs) => this.#i2c(address, written, readCount, tNs),
        getResetPin: () => this.#resetPinHigh,
        setResetPin: (high, tNs) => {
          this.#resetPinHigh = high;
          this.#applySupply(tNs);
        },
        // Nothing is wired to the converter.
        adcVdd: () => 0,
        setFanDuty: (duty) => {
          this.#fanDuty = duty;
        },
        fanRpm: () => (this.#boardFaults.tachometerDead ? 0 : Math.round(this.#state.fanRpm)),
        i2cFault: (tNs) => this.faults.value("bridge-error", tNs),
        delayNs: (isI2c, tNs) => this.#bus.delayNs(isI2c, tNs),
      },
      "V0",
    );
    if (options.powered) {
      this.pic.start(POWERED_CODE);
      this.#resetPinHigh = true;
    }
    this.#inputs = this.#inputsAt(0);
    this.#state = s9AtRest(chips, this.#inputs.ambientC);
    this.#setCrystal(0, options.crystalPpm ?? this.#crystalPpm(0));
    this.#applyFaults(0);
  }

  get nowNs(): number {
    return this.#nowNs;
  }

  get state(): S9State {
    return this.#state;
  }

  get power(): S9Power {
    return s9Power(this.#makeup, this.#state, this.#inputs);
  }

  get resetPinHigh(): boolean {
    return this.#resetPinHigh;
  }

  /** What the board and the die are really at beside a chip. */
  temperatures(chip: number): { boardC: number; junctionC: number } {
    return { boardC: this.#state.boardC[domainOf(chip)] as number, junctionC: this.#state.junctionC[chip] as number };
  }

  openCores(chip: number): number {
    return this.#sweep.openCores(chip);
  }

  /** Hashes computed by all chips since reset. */
  get hashes(): number {
    return this.#sweep.hashes(this.#nowNs).reduce((sum, one) => sum + one, 0);
  }

  setHostBaud(baud: number): void {
    if (baud > 0) this.#hostBaud = baud;
  }

  receiveControl(bytes: Uint8Array): void {
    this.bridge.receive(this.#nowNs, this.#link.controlToBoard(this.#nowNs, bytes));
  }

  receiveData(bytes: Uint8Array): void {
    this.chain.send(this.#nowNs, this.#link.dataToBoard(this.#nowNs, bytes, this.#hostBaud), this.#hostBaud);
  }

  advance(toNs: number): void {
    for (;;) {
      const tNs = Math.min(this.bridge.nextNs, this.#nextStepNs, toNs);
      this.#nowNs = Math.max(this.#nowNs, tNs);
      this.chain.advance(this.#nowNs);
      for (const output of this.chain.takeOutputs()) this.#link.dataToHost(output, this.#hostBaud);
      this.bridge.advance(this.#nowNs);
      for (const output of this.bridge.takeOutputs()) this.#link.controlToHost(output.tNs, output.bytes);
      if (this.#nextStepNs <= this.#nowNs) this.#step();
      if (this.#nowNs >= toNs && Math.min(this.bridge.nextNs, this.#nextStepNs) > toNs) return;
    }
  }

  takeOutputs(): PortOutput[] {
    return this.#link.due(this.#nowNs);
  }

  #step(): void {
    const tNs = this.#nextStepNs;
    this.#nextStepNs += STEP_NS;
    this.#applyFaults(tNs);
    this.pic.advance(tNs);
    this.#inputs = this.#inputsAt(tNs);
    this.#state = stepS9(this.#makeup, this.#state, this.#inputs, S9_PARAMETERS.stepS);
    this.#applySupply(tNs);
    for (const chip of this.chain.chips) chip.setCoreVoltage(this.#state.domainV[domainOf(chip.index)] as number);
    if (this.#crystal !== null && tNs % CRYSTAL_NS === 0) this.#setCrystal(tNs, this.#crystalPpm(tNs));
  }

  #setCrystal(tNs: number, ppm: number): void {
    for (const chip of this.chain.chips) chip.setCrystalPpm(tNs, ppm);
  }

  /** It sits beside the first chip. specs/bm1387.md 4.5 */
  #crystalPpm(tNs: number): number {
    return this.#crystal === null ? 0 : crystalPpm(this.#crystal, this.#state.boardC[0] as number, tNs / 1e9);
  }

  #inputsAt(tNs: number): S9Inputs {
    const { chips } = this.chain;
    const { running } = this.chain;
    const before = this.#hashesAtStep;
    const hashes = this.#sweep.hashes(tNs);
    this.#hashesAtStep = hashes;
    const mhzPerHash = running ? 1e-6 / CORES_1387 / S9_PARAMETERS.stepS : 0;
    this.#boardFaults = boardFaultsAt(this.faults, tNs);
    const { regulatorFactor, inputSagV, fanShare, fanStalled, hotterK } = this.#boardFaults;
    return {
      targetV: Math.min(this.pic.targetV * regulatorFactor, (SUPPLY_V - inputSagV) * MOST_DUTY),
      hashingMhz: this.#loadMhz(hashes.map((sum, chip) => Math.max(0, sum - (before[chip] as number)) * mhzPerHash)),
      clockMhz: this.#loadMhz(Float64Array.from(chips, (chip) => (running ? chip.frequencyMhz : 0))),
      asicBoost: running && (chips[0]?.multiMidstate ?? false),
      fanDuty: this.#fanDuty * fanShare,
      fanStalled,
      ambientC: this.#options.ambientC + hotterK,
    };
  }

  /** Chips that are not heard, for a trace on the way back is broken, still do what those do that are. */
  #loadMhz(ofChips: Float64Array): Float64Array {
    const { reachable } = this.chain;
    if (reachable === 0 || reachable === ofChips.length) return ofChips;
    const meanMhz = ofChips.subarray(0, reachable).reduce((sum, mhz) => sum + mhz, 0) / reachable;
    return ofChips.fill(meanMhz, reachable);
  }

  #applySupply(tNs: number): void {
    const powered = chipVoltage(this.#state) >= S9_PARAMETERS.silicon.powerOnResetV;
    this.chain.setRunning(powered && this.#resetPinHigh, tNs);
    if (this.#powered && !powered) this.chain.losePower();
    this.#powered = powered;
  }

  #applyFaults(tNs: number): void {
    const value = (name: Parameters<FaultTable["value"]>[0]) => this.faults.value(name, tNs);
    const { chips } = this.chain;
    const cuts = [value("chip-dead"), value("chain-cut"), chips.length - (value("chips-missing") ?? 0)].filter((cut) => cut !== null);
    this.chain.setReachable(Math.max(0, Math.min(chips.length, ...cuts)));
    const id = value("chip-wrong-id");
    const collides = value("address-collision");
    const deaf = value("baud-mismatch");
    for (const chip of chips) {
      chip.idOverride = id;
      chip.takesAddressBefore = chip.index === collides;
      chip.missesBaud = chip.index === deaf;
      chip.setPllLock(pllLockNs(this.faults, chip.index, tNs), tNs);
    }
    this.#applyBadCores(value("bad-cores"));
    const brownOut = this.#answers.refresh(tNs);
    if (brownOut !== null) this.chain.resetChip(brownOut, tNs);
    this.pic.faults = {
      staysInLoader: value("pic-in-loader") !== null,
      readBackOffset: value("voltage-readback") ?? 0,
      version: value("pic-wrong-version"),
      deafToHeartbeat: value("pic-watchdog") !== null,
    };
    if (this.#picReset.struck(this.faults.holding("pic-reset", tNs))) this.pic.restart();
    const bridgeReset = this.faults.holding("bridge-reset", tNs);
    if (this.#bridgeReset.struck(bridgeReset)) {
      this.bridge.restart(tNs + (bridgeReset?.value ?? 0) * 1e6);
      this.#resetPinHigh = false;
      this.#applySupply(tNs);
    }
  }

  #applyBadCores(count: number | null): void {
    const hit = this.faults.chip("bad-cores", this.#nowNs);
    const key = count === null ? "" : `${hit} ${count}`;
    if (key === this.#badCoresKey) return;
    this.#badCoresKey = key;
    for (const chip of this.chain.chips) {
      const more = count !== null && chip.index === hit ? pickCores(count, this.#options.seed) : chip.silicon.badCores;
      chip.setBadCores(chip.silicon.badCores.map((bad, core) => bad | (more[core] as number)));
    }
  }

  #i2c(address: number, written: Uint8Array | null, readCount: number, tNs: number): Uint8Array | null {
    return this.#bus.transfer(address, tNs, () => {
      if (address !== this.pic.address || this.faults.value("pic-silent", tNs) !== null) return null;
      this.pic.advance(tNs);
      if (!this.pic.acknowledges) return null;
      if (written !== null) this.pic.write(written);
      return readCount > 0 ? this.pic.read(readCount) : new Uint8Array(0);
    });
  }

  #sensorAt(chip: number): I2cBus {
    const kind = this.#options.sensor;
    const measure = () => this.#measure(chip);
    const device: I2cDevice =
      kind === "TMP421" || kind === "TMP422" || kind === "TMP423"
        ? new Tmp42x(kind, SENSOR_ADDRESS8, measure)
        : new Tmp451(kind, SENSOR_ADDRESS8, measure);
    return new I2cBus([device]);
  }

  /** A sensor that is stuck keeps its first reading since. */
  #measure(chip: number): LocalAndRemote {
    const { stuck } = this.#boardFaults.sensor;
    if (!stuck) this.#frozen.clear();
    const reading = this.#frozen.get(chip) ?? this.#reading(chip);
    if (stuck) this.#frozen.set(chip, reading);
    return reading;
  }

  #reading(chip: number): LocalAndRemote {
    const { open, short, readsC } = this.#boardFaults.sensor;
    const { boardC, junctionC } = this.temperatures(chip);
    const noiseK = S9_PARAMETERS.sensor.noiseK;
    const errorsK = this.#sensorErrorsK.get(chip) ?? { local: 0, remote: 0 };
    const localC = readsC ?? boardC + errorsK.local + noiseK * this.#noise();
    const dieC = junctionC + hotterK(this.faults, chip, this.#nowNs);
    const diodeC = readsC ?? dieC - this.#factoryOffsetC + errorsK.remote + noiseK * this.#noise();
    if (open) return { localC, remoteC: null };
    return { localC, remoteC: short ? SHORTED_C : diodeC };
  }
}
