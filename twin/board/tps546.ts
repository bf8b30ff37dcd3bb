import type { I2cDevice } from "./i2c.ts";

/** What the regulator measures at itself, with its noise. */
export interface RegulatorReading {
  readonly inputV: number;
  readonly outputV: number;
  readonly outputA: number;
  readonly tempC: number;
}

const COMMAND = {
  operation: 0x01,
  onOffConfig: 0x02,
  clearFaults: 0x03,
  voutMode: 0x20,
  voutCommand: 0x21,
  voutMax: 0x24,
  voutMin: 0x2b,
  statusByte: 0x78,
  statusWord: 0x79,
  readVin: 0x88,
  readVout: 0x8b,
  readIout: 0x8c,
  readTemperature: 0x8d,
  deviceId: 0xad,
} as const;
/** VOUT_MODE 97: output voltages are in steps of 2^-9 V. specs/bm1366.md 5.3 */
const VOUT_MODE = 0x97;
const STEPS_PER_VOLT = 512;
/** "TI", then TPS546D24A. */
const DEVICE_ID = [0x54, 0x49, 0x54, 0x6d, 0x24, 0x41];
/** Registers of one byte that are written; all others are words. */
const BYTE_COMMANDS: ReadonlySet<number> = new Set([0x00, 0x01, 0x02, 0x04, 0x10, 0x20, 0x47, 0x50, 0x56, 0x63, 0xe4]);
const ON = 0x80;
const STATUS_OFF = 0x0840;
/** VOUT_COMMAND was outside VOUT_MIN..VOUT_MAX and was limited: VOUT group of STATUS_WORD, kept until cleared. */
const STATUS_VOUT = 0x8000;

/** PMBus regulator of board 207: identification, output voltage, on and off, telemetry. Words little-endian. specs/bm1366.md 5.3 */
export class Tps546 implements I2cDevice {
  readonly address = 0x24;
  readonly #measure: () => RegulatorReading;
  /** Output 0.5 V, limits 0.25 to 1.5 V until the host says otherwise: a GUESS at what its pin straps would give. */
  #registers = new Map<number, number>([
    [COMMAND.operation, 0],
    [COMMAND.onOffConfig, 0x1f],
    [COMMAND.voutCommand, 256],
    [COMMAND.voutMax, 768],
    [COMMAND.voutMin, 128],
  ]);
  #pointer = 0;
  #limited = false;

  constructor(measure: () => RegulatorReading) {
    this.#measure = measure;
  }

  write(bytes: Uint8Array): void {
    const [command, low, high] = bytes;
    if (command === undefined) return;
    this.#pointer = command;
    if (command === COMMAND.clearFaults) this.#limited = false;
    if (low === undefined || command === COMMAND.voutMode) return;
    this.#registers.set(command, low | ((high ?? 0) << 8));
    if (command === COMMAND.voutCommand && this.#limitedVolts() !== low + 256 * (high ?? 0)) this.#limited = true;
  }

  read(count: number): Uint8Array {
    const bytes = this.#bytesOf(this.#pointer);
    return Uint8Array.from({ length: count }, (_, i) => bytes[i] ?? 0xff);
  }

  /** As a host would set it and switch it on. */
  setVolts(volts: number): void {
    this.#registers.set(COMMAND.voutCommand, Math.round(volts * STEPS_PER_VOLT));
    this.#registers.set(COMMAND.operation, ON);
  }

  /** Volts asked for; 0 while OPERATION is off. */
  get targetV(): number {
    return ((this.#registers.get(COMMAND.operation) ?? 0) & ON) !== 0 ? this.#limitedVolts() / STEPS_PER_VOLT : 0;
  }

  #limitedVolts(): number {
    const asked = this.#registers.get(COMMAND.voutCommand) ?? 0;
    return Math.max(this.#registers.get(COMMAND.voutMin) ?? 0, Math.min(this.#registers.get(COMMAND.voutMax) ?? 0, asked));
  }

  #bytesOf(command: number): readonly number[] {
    const reading = this.#measure();
    switch (command) {
      case COMMAND.deviceId:
        return [DEVICE_ID.length, ...DEVICE_ID];
      case COMMAND.voutMode:
        return [VOUT_MODE];
      case COMMAND.statusByte:
        return [this.#status() & 0xff];
      case COMMAND.statusWord:
        return word(this.#status());
      case COMMAND.readVin:
        return word(linear11(reading.inputV));
      case COMMAND.readVout:
        return word(Math.max(0, Math.round(reading.outputV * STEPS_PER_VOLT)));
      case COMMAND.readIout:
        return word(linear11(reading.outputA));
      case COMMAND.readTemperature:
        return word(linear11(reading.tempC));
    }
    const value = this.#registers.get(command) ?? 0;
    return BYTE_COMMANDS.has(command) ? [value & 0xff] : word(value);
  }

  #status(): number {
    return (this.targetV === 0 ? STATUS_OFF : 0) | (this.#limited ? STATUS_VOUT : 0);
  }
}

function word(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff];
}

/** Linear11: 5-bit signed exponent, 11-bit signed mantissa; the finest exponent whose mantissa fits. */
function linear11(value: number): number {
  for (let exponent = -16; exponent <= 15; exponent++) {
    const mantissa = Math.round(value / 2 ** exponent);
    if (mantissa >= -1024 && mantissa <= 1023) return ((exponent & 0x1f) << 11) | (mantissa & 0x7ff);
  }
  return 0x7bff;
}
