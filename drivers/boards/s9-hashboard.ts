/**
 * An Antminer S9 hash board: 63 BM1387 in 21 domains in series, a PIC that feeds them, and sensors behind two of the chips.
 * specs/bm1387.md 3.2, 4. Its fans and its reset line are the host's.
 */
import type { Clock } from "../../common/clock.ts";
import { DriverError, explain } from "../../common/errors.ts";
import { type I2cBus, scan } from "../transport/i2c.ts";
import type { Board, BoardIdentity, BoardLimits, BoardReadings, CoreOff } from "./board.ts";
import { type Fans, slowestRpm } from "./fans.ts";
import type { Lease } from "./lease.ts";
import { PicHeartbeat } from "./pic-heartbeat.ts";
import { type FactoryData, PIC_ADDRESSES, PIC_VERSION, PIC_WATCHDOG_MS, Pic16f1704, type PicAddress } from "./pic16f1704.ts";
import type { ResetLine } from "./reset-line.ts";
import type { TemperatureOffset } from "./s9-factory-data.ts";
import { refused, requireSetPoint, S9_LIMITS } from "./s9-limits.ts";
import { chipTempC, findSensor, type S9TemperatureSensor } from "./s9-temperature.ts";

export interface S9HashboardOptions {
  /** The bus on which the PICs of all boards of the host sit. */
  readonly bus: I2cBus;
  readonly clock: Clock;
  /** Which PIC is this board's; null takes the only one there is. */
  readonly picAddress: PicAddress | null;
  readonly reset: ResetLine;
  /** null: this host does not control the fans. */
  readonly fans: Fans | null;
  /** Voltage is set and the heartbeat beats only while it is held. The board neither acquires nor renews it. */
  readonly lease: Lease;
  /** The fastest chip's frequency, MHz; null while unknown. Caps the voltage. */
  readonly frequencyMhz?: () => number | null;
  /**
   * Does something other than the PIC show that the chain has no power? For instance chips that answered before and are silent out of
   * reset. Without it the board never claims that its supply is off.
   */
  readonly supplyIsGone?: () => Promise<boolean>;
  /** HEARTBEAT_LOST: the PIC cuts the supply by itself. The board takes no voltage until coreOff() has been called. */
  readonly onHeartbeatLost?: (reason: DriverError) => void;
  readonly log?: (text: string) => void;
  /** Gives back what the board was made of; close() calls it. */
  readonly release?: () => Promise<void>;
}

/** Larger steps overshoot upwards, and drop cores downwards (pitfall 18). */
export const VOLTAGE_STEP_MV = 100;
export const VOLTAGE_STEP_PAUSE_MS = 100;
/** Twice the half second for which a PIC is deaf after a reset. */
const PIC_LOOKS = 11;
const PIC_LOOK_MS = 100;

interface FittedSensor {
  /** Position in the chain, from 0. */
  readonly chip: number;
  readonly sensor: S9TemperatureSensor;
}

/** What probing found. */
interface Equipment {
  readonly identity: BoardIdentity;
  readonly pic: Pic16f1704;
  readonly factory: FactoryData;
  readonly offsets: readonly TemperatureOffset[];
}

export class S9Hashboard implements Board {
  readonly limits: BoardLimits = S9_LIMITS;
  readonly #options: S9HashboardOptions;
  readonly #log: (text: string) => void;
  #equipment: Equipment | null = null;
  #sensors: FittedSensor[] = [];
  #heartbeat: PicHeartbeat | null = null;
  #heartbeatLost: DriverError | null = null;
  /** The voltage asked for last with the output on, from which the next steps count; null while it is off. */
  #askedMv: number | null = null;
  /** Calls of coreOff so far. */
  #timesOff = 0;

  /** Nothing is sent before probe(), except what setReset needs. */
  constructor(options: S9HashboardOptions) {
    this.#options = options;
    this.#log = options.log ?? (() => {});
  }

  /** What the PIC's flash says about this very board; known once it has been probed. */
  get factory(): FactoryData {
    return this.#equipped().factory;
  }

  /**
   * Restarts the PIC, which takes the supply off, reads the factory data and starts its application; a later call only asks whether it
   * still runs. BOARD_UNKNOWN when no PIC answers, BOARD_AMBIGUOUS when several do and none was named; PIC_MISSING, PIC_IN_LOADER,
   * PIC_VERSION. Whether the chips are an S9's 63 is for the chain to count: requireChips().
   */
  async probe(): Promise<BoardIdentity> {
    if (this.#equipment !== null) {
      await this.#equipment.pic.requireApplication();
      return this.#equipment.identity;
    }
    const { bus, clock, picAddress } = this.#options;
    const found = await findPics(bus, clock, picAddress);
    const pic = new Pic16f1704({ bus, clock, address: chosenPic(found, picAddress) });
    const factory = await pic.restart();
    const offsets = await pic.temperatureOffsets();
    const identity = { model: "Antminer S9 hash board", regulator: `PIC16F1704 application ${PIC_VERSION}`, i2cAddresses: [pic.address] };
    this.#equipment = { identity, pic, factory, offsets };
    const bins = factory.frequencies === null ? "without factory data" : "with factory data";
    this.#log(`board: ${identity.model} at 0x${pic.address.toString(16)}, ${bins}`);
    return identity;
  }

  /** The chain's count of chips against the boards whose PICs look alike but scale the voltage otherwise. BOARD_UNKNOWN for an S9+ or T9+. */
  requireChips(count: number): void {
    const other = OTHER_BOARDS[count];
    if (other === undefined) return;
    const message = `${count} chips answered: that is ${other}, whose voltage scale is another, or an S9 with dead chips.`;
    throw new DriverError("BOARD_UNKNOWN", message, "Do not power this board with this driver until you know which it is.", {
      chips: count,
    });
  }

  /**
   * The chain's voltage, mV. Switches the output on and starts the heartbeat when it is off; otherwise goes there in steps of 0.1 V.
   * Cores must have been opened at CORE_OPENING_MV before. LEASE_EXPIRED; SETPOINT_REFUSED; VOLTAGE_READBACK; HEARTBEAT_LOST
   * until coreOff(); SWITCHED_OFF when coreOff() is called meanwhile.
   */
  async setCoreVoltageMv(coreVoltageMv: number): Promise<number> {
    requireSetPoint(this.limits, coreVoltageMv, this.#options.frequencyMhz?.() ?? null);
    const { pic } = this.#equipped();
    if (this.#heartbeatLost !== null) throw this.#heartbeatLost;
    const appliedMv =
      this.#askedMv === null ? await this.#switchOn(pic, coreVoltageMv) : await this.#stepTo(pic, this.#askedMv, coreVoltageMv);
    this.#log(`chain voltage: asked ${Number(coreVoltageMv.toFixed(1))} mV, set ${Math.round(appliedMv)} mV`);
    return Math.round(appliedMv);
  }

  async #switchOn(pic: Pic16f1704, askedMv: number): Promise<number> {
    const { lease, clock, onHeartbeatLost } = this.#options;
    const timesOff = this.#timesOff;
    lease.require("switch the hash board on");
    const appliedMv = await pic.setVoltageMv(askedMv);
    this.#requireNotOff(timesOff);
    lease.require("switch the hash board on");
    await pic.setOutput(true);
    this.#requireNotOff(timesOff);
    this.#askedMv = askedMv;
    this.#heartbeat = new PicHeartbeat({
      beat: () => pic.heartbeat(),
      lease,
      clock,
      log: this.#log,
      onLost: (reason) => {
        this.#heartbeatLost = reason;
        this.#log(explain(reason));
        onHeartbeatLost?.(reason);
      },
    });
    return appliedMv;
  }

  async #stepTo(pic: Pic16f1704, fromMv: number, toMv: number): Promise<number> {
    const timesOff = this.#timesOff;
    for (let atMv = fromMv; ; ) {
      this.#options.lease.require("change the chain voltage");
      const next = Math.abs(toMv - atMv) <= VOLTAGE_STEP_MV ? toMv : atMv + Math.sign(toMv - atMv) * VOLTAGE_STEP_MV;
      const appliedMv = await pic.setVoltageMv(next);
      this.#requireNotOff(timesOff);
      this.#askedMv = next;
      if (next === toMv) return appliedMv;
      atMv = next;
      await this.#options.clock.sleep(VOLTAGE_STEP_PAUSE_MS);
      this.#requireNotOff(timesOff);
    }
  }

  /** Nothing powers up, or goes on setting, what has been switched off in the meantime. */
  #requireNotOff(timesOff: number): void {
    if (timesOff === this.#timesOff) return;
    const hint = "Power the board on again once the reason for switching it off is gone.";
    throw new DriverError("SWITCHED_OFF", "The hash board was switched off while its voltage was being set.", hint);
  }

  /**
   * Chips into reset, heartbeat stopped, output disabled, and the PIC asked whether its application is there to have done it. Needs no
   * lease. Never rejects: what failed is in `how`, and without a heartbeat the PIC cuts the supply by itself.
   */
  async coreOff(): Promise<CoreOff> {
    this.#timesOff++;
    const did = [await outcome("chips held in reset", "chips NOT held in reset", () => this.setReset(true))];
    this.#heartbeat?.stop();
    this.#heartbeat = null;
    const pic = this.#equipment?.pic;
    if (pic === undefined) return this.#report(false, [...did, "the board has not been probed, so its PIC was left alone"]);
    const disabled = await outcome("PIC told to disable its output, and its application answers", "PIC NOT disabled", async () => {
      await pic.setOutput(false);
      await pic.requireApplication();
    });
    did.push(disabled, `heartbeat stopped, so that it cuts the supply within ${PIC_WATCHDOG_MS / 1000} s in any case`);
    this.#askedMv = null;
    this.#heartbeatLost = null;
    this.#sensors = [];
    const { supplyIsGone } = this.#options;
    if (supplyIsGone === undefined) return this.#report(false, [...did, "nothing on this board measures its supply"]);
    const gone = await supplyIsGone().catch((error: unknown) => {
      did.push(`whether the chain has power is not known (${explain(error)})`);
      return null;
    });
    if (gone !== null) did.push(gone ? "the chain shows no power" : "the chain STILL shows power");
    return this.#report(gone === true, did);
  }

  #report(supplyOff: boolean, did: readonly string[]): CoreOff {
    const how = did.join("; ");
    this.#log(`core off: ${how}`);
    return { supplyOff, how };
  }

  setReset(asserted: boolean): Promise<void> {
    return this.#options.reset.set(asserted);
  }

  /** Where the host has no control of the fans, only 100 is accepted: a fan whose PWM input nobody drives runs at full speed. */
  async setFanPercent(percent: number): Promise<void> {
    if (!(percent >= 0 && percent <= 100)) throw refused("fan speed", percent, "%", "0 to 100 %", { min: 0, max: 100 });
    const { fans } = this.#options;
    if (fans !== null) return fans.setPercent(percent);
    if (percent === 100) return this.#log("fans: not under this host's control; they are taken to run at full speed");
    const message = `The fans cannot be set to ${percent} %: this host does not control them.`;
    throw new DriverError("FAN_UNCONTROLLED", message, "Leave them at 100 %, or connect their PWM to a controller this host has.", {
      percent,
    });
  }

  /**
   * Looks for a sensor behind this chip and uses it from now on, with the factory's offset for it. `bus` is the chip's own I2C, so the chips
   * must run; coreOff() forgets the sensors. SENSOR_MISSING, SENSOR_READBACK.
   */
  async attachSensor(chip: number, bus: I2cBus): Promise<S9TemperatureSensor> {
    const { offsets } = this.#equipped();
    const sensor = await findSensor(bus);
    await sensor.configure(offsets.find((offset) => offset.chip === chip)?.offsetC ?? 0);
    this.#sensors = [...this.#sensors.filter((fitted) => fitted.chip !== chip), { chip, sensor }].sort((a, b) => b.chip - a.chip);
    this.#log(`sensor behind chip ${chip}: ${sensor.part} at 0x${sensor.address.toString(16)}`);
    return sensor;
  }

  /**
   * The hottest of the chips that have a sensor; unknown unless the one nearest the outlet is known, because it is the hottest by 12 to 15 K
   * (8.5). Supply voltage, current and power have no sensor: the PIC only repeats its set-point, which is no reading. A diode that is open
   * or shorted is named in `failed` while the chip's temperature is estimated from the board's.
   */
  async read(): Promise<{ readings: BoardReadings; failed: readonly string[] }> {
    this.#equipped();
    const failed: string[] = [];
    const known: { readonly boardC: number; readonly chipC: number; readonly chip: number }[] = [];
    for (const { chip, sensor } of this.#sensors) {
      try {
        const reading = await sensor.read();
        if (reading.fault !== null) {
          failed.push(`chip ${chip} diode`);
          this.#log(`chip ${chip}: ${reading.fault.code}: ${reading.fault.message}`);
        }
        known.push({ chip, boardC: reading.localC, chipC: chipTempC(sensor.part, reading) });
      } catch (error) {
        if (!(error instanceof DriverError) || error.code === "LINK_LOST") throw error;
        this.#log(`chip ${chip}: ${error.code}: ${error.message}`);
        failed.push(`chip ${chip} sensor`);
      }
    }
    const outletKnown = known.length > 0 && known[0]?.chip === this.#sensors[0]?.chip;
    const hottest = (temps: readonly number[]) => (outletKnown ? Math.max(...temps) : null);
    const chipC = hottest(known.map((temps) => temps.chipC));
    const boardC = hottest(known.map((temps) => temps.boardC));
    if (chipC === null) failed.push("chipTempC", "boardTempC");
    const fanRpm = await this.#fanRpm(failed);
    return { readings: { ...UNMEASURED, atNs: this.#options.clock.nowNs(), chipTempC: chipC, boardTempC: boardC, fanRpm }, failed };
  }

  async #fanRpm(failed: string[]): Promise<number | null> {
    const { fans } = this.#options;
    if (fans === null) return null;
    const rpm = await slowestRpm(fans).catch((error: unknown) => {
      this.#log(`fans: ${explain(error)}`);
      return null;
    });
    if (rpm === null) failed.push("fanRpm");
    return rpm;
  }

  /** Stops the heartbeat, so that a board that is still on goes off by itself. */
  async close(): Promise<void> {
    this.#heartbeat?.stop();
    await this.#options.release?.();
  }

  #equipped(): Equipment {
    if (this.#equipment !== null) return this.#equipment;
    throw new DriverError("BOARD_NOT_PROBED", "The board has not been probed, so its PIC is not known.", "Call probe() first.");
  }
}

/** Chip counts of boards whose formula of voltage differs (4.2). */
const OTHER_BOARDS: Readonly<Record<number, string>> = { 57: "an S9+", 54: "a T9+", 18: "one chain of a T9+" };

const UNMEASURED: Omit<BoardReadings, "atNs" | "chipTempC" | "boardTempC" | "fanRpm"> = {
  coreVoltageMv: null,
  inputVoltageMv: null,
  inputCurrentMa: null,
  powerMw: null,
  regulatorTempC: null,
};

async function outcome(done: string, notDone: string, act: () => Promise<void>): Promise<string> {
  return act().then(
    () => done,
    (error: unknown) => `${notDone} (${explain(error)})`,
  );
}

/** A PIC that was just reset acknowledges nothing for half a second (specs/bm1387.md 4.1): a program that was killed may have left it so. */
async function findPics(bus: I2cBus, clock: Clock, wanted: PicAddress | null): Promise<number[]> {
  for (let look = 1; ; look++) {
    const found = await scan(bus, PIC_ADDRESSES);
    const there = wanted === null ? found.length > 0 : found.includes(wanted);
    if (there || look === PIC_LOOKS) return found;
    await clock.sleep(PIC_LOOK_MS);
  }
}

function chosenPic(found: readonly number[], wanted: PicAddress | null): PicAddress {
  const list = found.map((address) => `0x${address.toString(16)}`).join(", ");
  const context = { i2cAddresses: found };
  if (wanted !== null) {
    if (found.includes(wanted)) return wanted;
    const others = found.length === 0 ? "No hash board is there at all" : `Hash boards are there at ${list}`;
    const message = `No hash board's PIC answers at 0x${wanted.toString(16)}.`;
    throw new DriverError(
      "PIC_MISSING",
      message,
      `${others}; check the ribbon cable, the 12 V supply and the connector you named.`,
      context,
    );
  }
  const [only, ...more] = PIC_ADDRESSES.filter((address) => found.includes(address));
  if (only === undefined) {
    const message = "On the I2C bus no hash board's PIC answered (0x55, 0x56, 0x57).";
    throw new DriverError(
      "BOARD_UNKNOWN",
      message,
      "Check the ribbon cable and the 12 V supply, and that this is the hash boards' bus.",
      context,
    );
  }
  if (more.length === 0) return only;
  const message = `Several hash boards are on this bus (${list}), and none was named.`;
  throw new DriverError("BOARD_AMBIGUOUS", message, "Name the connector: 0x55 is J6, 0x56 J7, 0x57 J8.", context);
}
