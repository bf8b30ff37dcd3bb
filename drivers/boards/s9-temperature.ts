/**
 * Temperature sensors of an S9 hash board: on the board, with an input for the diode in the hash chip they sit behind.
 * specs/bm1387.md 4.4. They hang on that chip's own I2C pins; the bus given here is that one, with 7-bit addresses.
 */
import { DriverError } from "../../common/errors.ts";
import { type I2cBus, isNak, readRegister, writeRegister } from "../transport/i2c.ts";

/** 0x98, 0x9a and 0x9c as the sources write them, with 8 bits; asked in this order. */
export const SENSOR_ADDRESSES = [0x4c, 0x4d, 0x4e] as const;

export type SensorPart = "TMP451" | "ADT7461" | "NCT218" | "TMP421" | "TMP422" | "TMP423";

const REGISTER = {
  localHigh: 0x00,
  remoteHigh: 0x01,
  status: 0x02,
  configurationRead: 0x03,
  configurationWrite: 0x09,
  channels: 0x0a,
  remoteLow: 0x10,
  remoteOffset: 0x11,
  localLow: 0x15,
  manufacturer: 0xfe,
  device: 0xff,
} as const;
/** The TMP42x keep their fractions elsewhere. */
const TMP42X = { localLow: 0x10, remoteLow: 0x11, invalid: 0x02, open: 0x01, fraction: 0xf0, allChannels: 0x1c } as const;

const REMOTE_OPEN = 0x04;
const EXTENDED_RANGE = 0x04;
/** In the extended range a reading begins at -64 C. */
const EXTENDED_OFFSET_C = 64;

const TMP42X_BY_DEVICE: Readonly<Record<number, SensorPart>> = { 33: "TMP421", 34: "TMP422", 35: "TMP423" };

/** The part with these ids; null for ids of no part that any S9 board bears (0xff: nothing is there). */
export function sensorPart(manufacturer: number, device: number): SensorPart | null {
  if (manufacturer === 0x55) return TMP42X_BY_DEVICE[device] ?? "TMP451";
  if (manufacturer === 0x41) return "ADT7461";
  return manufacturer === 0x1a ? "NCT218" : null;
}

/** Degrees of a reading in the extended range. */
export const sensorTempC = (high: number, low: number): number => high - EXTENDED_OFFSET_C + low / 256;

export interface SensorReading {
  /** The board where the sensor sits. */
  readonly localC: number;
  /** The hash chip's diode; null when unknown. */
  readonly remoteC: number | null;
  /** SENSOR_OPEN or SENSOR_SHORT; null when the diode reads, and for a part that reads none. */
  readonly fault: DriverError | null;
}

export class S9TemperatureSensor {
  readonly part: SensorPart;
  readonly address: number;
  readonly #bus: I2cBus;
  #softwareOffsetC = 0;

  constructor(bus: I2cBus, address: number, part: SensorPart) {
    this.#bus = bus;
    this.address = address;
    this.part = part;
  }

  /** Extended range, and the factory's offset for the remote reading (whole degrees, -128..127). SENSOR_READBACK when the part does not take them. */
  async configure(remoteOffsetC = 0): Promise<void> {
    if (!Number.isInteger(remoteOffsetC) || remoteOffsetC < -128 || remoteOffsetC > 127)
      throw new RangeError(`${remoteOffsetC} C is no sensor offset`);
    await this.#write(REGISTER.configurationWrite, EXTENDED_RANGE);
    const isTmp42x = this.#isTmp42x;
    const configuration = await this.#read(isTmp42x ? REGISTER.configurationWrite : REGISTER.configurationRead);
    if ((configuration & EXTENDED_RANGE) === 0) throw notTaken(this, "the extended range", EXTENDED_RANGE, configuration);
    if (isTmp42x) {
      // These have no offset register.
      await this.#write(REGISTER.channels, TMP42X.allChannels);
      this.#softwareOffsetC = remoteOffsetC;
      return;
    }
    if (this.part === "NCT218") return;
    const offset = remoteOffsetC & 0xff;
    await this.#write(REGISTER.remoteOffset, offset);
    const readBack = await this.#read(REGISTER.remoteOffset);
    if (readBack !== offset) throw notTaken(this, "the remote offset", offset, readBack);
  }

  /** Rejects as the bus does. The stock firmware's correction for the diode's ideality is left out: it only ever makes a chip look colder. */
  read(): Promise<SensorReading> {
    return this.#isTmp42x ? this.#readTmp42x() : this.#readTmp451();
  }

  async #readTmp451(): Promise<SensorReading> {
    const hasFraction = this.part !== "ADT7461";
    const fraction = async (register: number) => (hasFraction ? this.#read(register) : 0);
    const localC = sensorTempC(await this.#read(REGISTER.localHigh), await fraction(REGISTER.localLow));
    if (this.part === "NCT218") return { localC, remoteC: null, fault: null };
    if (((await this.#read(REGISTER.status)) & REMOTE_OPEN) !== 0) return { localC, remoteC: null, fault: diodeFault(this, "open") };
    const remote = await this.#read(REGISTER.remoteHigh);
    if (remote === 0) return { localC, remoteC: null, fault: diodeFault(this, "short") };
    return { localC, remoteC: sensorTempC(remote, await fraction(REGISTER.remoteLow)), fault: null };
  }

  async #readTmp42x(): Promise<SensorReading> {
    const localC = sensorTempC(await this.#read(REGISTER.localHigh), (await this.#read(TMP42X.localLow)) & TMP42X.fraction);
    const high = await this.#read(REGISTER.remoteHigh);
    const low = await this.#read(TMP42X.remoteLow);
    if ((low & (TMP42X.open | TMP42X.invalid)) !== 0) return { localC, remoteC: null, fault: diodeFault(this, "open") };
    return { localC, remoteC: sensorTempC(high, low & TMP42X.fraction) + this.#softwareOffsetC, fault: null };
  }

  get #isTmp42x(): boolean {
    return this.part.startsWith("TMP42");
  }

  #read(register: number): Promise<number> {
    return readRegister(this.#bus, this.address, register);
  }

  #write(register: number, value: number): Promise<void> {
    return writeRegister(this.#bus, this.address, register, value);
  }
}

/** The first sensor behind this chip. SENSOR_MISSING when no address has one we know; other failures of the bus are passed on. */
export async function findSensor(bus: I2cBus): Promise<S9TemperatureSensor> {
  const found: string[] = [];
  for (const address of SENSOR_ADDRESSES) {
    try {
      const manufacturer = await readRegister(bus, address, REGISTER.manufacturer);
      const device = await readRegister(bus, address, REGISTER.device);
      const part = sensorPart(manufacturer, device);
      if (part !== null) return new S9TemperatureSensor(bus, address, part);
      found.push(`${hex(address)}: manufacturer ${hex(manufacturer)}, device ${hex(device)}`);
    } catch (error) {
      if (!isNak(error)) throw error;
    }
  }
  const seen = found.length === 0 ? "nothing acknowledges" : found.join("; ");
  const hint = "Not every chip has a sensor behind it: ask chips 61 and 31. At very low frequencies some boards lose theirs.";
  throw new DriverError("SENSOR_MISSING", `No temperature sensor is there (${seen}).`, hint, { found });
}

/** A diode that shows the chip less far above the board than the first, or further than the second, is not believed (pitfall 21). */
const BELIEVED_RISE_C = { min: 5, max: 40 } as const;
/** Braiins' rule for a chip whose diode cannot be read. */
const RISE_WITHOUT_DIODE_C = 15;
/** The stock firmware's, for the part that reads no diode: the warmer the board, the further above it the chip. */
const RISE_NCT218_C = [
  { upToC: 50, riseC: 25 },
  { upToC: 60, riseC: 30 },
  { upToC: Number.POSITIVE_INFINITY, riseC: 35 },
] as const;

/** The chip's temperature, or an estimate that errs upwards where its diode cannot be read or believed. */
export function chipTempC(part: SensorPart, { localC, remoteC }: Pick<SensorReading, "localC" | "remoteC">): number {
  if (part === "NCT218") return localC + (RISE_NCT218_C.find(({ upToC }) => localC <= upToC)?.riseC ?? 0);
  const rise = remoteC === null ? null : remoteC - localC;
  return remoteC !== null && rise !== null && rise >= BELIEVED_RISE_C.min && rise <= BELIEVED_RISE_C.max
    ? remoteC
    : localC + RISE_WITHOUT_DIODE_C;
}

const hex = (value: number): string => `0x${value.toString(16).padStart(2, "0")}`;

function diodeFault(sensor: S9TemperatureSensor, kind: "open" | "short"): DriverError {
  const code = kind === "open" ? "SENSOR_OPEN" : "SENSOR_SHORT";
  const message = `The chip's temperature diode at the ${sensor.part} (${hex(sensor.address)}) reads ${kind === "open" ? "open" : "shorted"}.`;
  const hint = "The chip's temperature is taken as the board's plus 15 C; look at the chip's solder joints if the board is otherwise well.";
  return new DriverError(code, message, hint, { part: sensor.part, address: sensor.address });
}

function notTaken(sensor: S9TemperatureSensor, what: string, written: number, readBack: number): DriverError {
  const message = `The ${sensor.part} at ${hex(sensor.address)} did not take ${what}: ${hex(written)} was written, ${hex(readBack)} reads back.`;
  return new DriverError("SENSOR_READBACK", message, "Its temperatures cannot be trusted: power the board off and on.", {
    written,
    readBack,
  });
}
