import { S9_PARAMETERS } from "../parameters.ts";
import type { I2cDevice } from "./i2c.ts";

/** What is wrong with the controller at the moment. */
export interface PicFaults {
  /** The jump to the application does nothing. */
  readonly staysInLoader: boolean;
  /** Added to the voltage code that is read back. */
  readonly readBackOffset: number;
  /** What its application says it is; null: what it is. */
  readonly version: number | null;
  /** Heartbeats do not reach the watchdog. */
  readonly deafToHeartbeat: boolean;
}

export const NO_PIC_FAULTS: PicFaults = { staysInLoader: false, readBackOffset: 0, version: null, deafToHeartbeat: false };

/** Command codes and how many data bytes follow. specs/bm1387.md 4.1 */
const DATA_BYTES: ReadonlyMap<number, number> = new Map([
  [0x01, 2],
  [0x02, 16],
  [0x10, 1],
  [0x11, 6],
  [0x12, 12],
  [0x14, 12],
  [0x15, 1],
  [0x22, 8],
]);
const COMMAND = {
  setPointer: 0x01,
  load: 0x02,
  read: 0x03,
  erase: 0x04,
  program: 0x05,
  jump: 0x06,
  reset: 0x07,
  getPointer: 0x08,
  eraseApplication: 0x09,
  setVoltage: 0x10,
  setBoardId: 0x12,
  getBoardId: 0x13,
  enable: 0x15,
  heartbeat: 0x16,
  version: 0x17,
  getVoltage: 0x18,
  setOffsets: 0x22,
  getOffsets: 0x23,
} as const;
const LOADER_COMMANDS: ReadonlySet<number> = new Set([0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x17]);

const LOADER_RUNNING = 0xcc;
const VERSION = 0x03;
const FLASH_WORDS = 0x1000;
const APPLICATION = { from: 0x0300, to: 0x0f80 } as const;
const ERASED = 0x3fff;
const SECTOR_WORDS = 32;
const ROW_WORDS = 8;
/** What is read when there is nothing to read, and after the first byte of a transaction. */
const RUBBISH = 0xff;
/** Voltage code at start: 8.80 V. GUESS. */
const START_CODE = 109;

/** V of a voltage code, and back, rounded. specs/bm1387.md 4.2 */
export function stringVoltage(code: number): number {
  return (1608.420446 - code) / 170.423497;
}

/**
 * The PIC16F1704 that switches and sets a board's supply: `55 AA command data`, one byte to a transaction both ways.
 * specs/bm1387.md 4.1, 11
 */
export class Pic16f1704 implements I2cDevice {
  readonly address: number;
  faults: PicFaults = NO_PIC_FAULTS;
  readonly flash: Uint16Array;
  #nowNs = 0;
  #deafUntilNs = 0;
  #inApplication = false;
  /** 0: waits for 55, 1: for AA, 2: for the command, 3: for its data. */
  #expecting = 0;
  #command = 0;
  #data: number[] = [];
  #answer: number[] = [];
  #pointer = 0;
  #row = new Uint16Array(ROW_WORDS).fill(ERASED);
  #code = START_CODE;
  #enabled = false;
  #heartbeatNs = 0;
  #boardId: Uint8Array = new Uint8Array(12);
  #offsets: Uint8Array;

  /** image: words to stand in flash from an address on; offsets: answer to command 23. */
  constructor(address: number, image: ReadonlyMap<number, Uint16Array>, offsets: Uint8Array) {
    this.address = address;
    this.#offsets = offsets;
    this.flash = new Uint16Array(FLASH_WORDS).fill(ERASED);
    this.flash.fill(0, APPLICATION.from, APPLICATION.to);
    for (const [from, words] of image) this.flash.set(words, from);
  }

  /** What the converter is to give, V; 0 while it is off. */
  get targetV(): number {
    return this.#enabled ? stringVoltage(this.#code) : 0;
  }

  get voltageCode(): number {
    return this.#code;
  }

  get inApplication(): boolean {
    return this.#inApplication;
  }

  /** Lets time pass: the watchdog, armed by enable, switches the output off. */
  advance(tNs: number): void {
    this.#nowNs = tNs;
    if (this.#enabled && tNs - this.#heartbeatNs >= S9_PARAMETERS.pic.watchdogS * 1e9) this.#enabled = false;
  }

  get acknowledges(): boolean {
    return this.#nowNs >= this.#deafUntilNs;
  }

  /** Bytes after the first are lost. */
  write(bytes: Uint8Array): void {
    const byte = bytes[0];
    if (byte !== undefined) this.#receive(byte);
  }

  read(count: number): Uint8Array {
    const out = new Uint8Array(count).fill(RUBBISH);
    if (count > 0) out[0] = this.#answer.shift() ?? RUBBISH;
    return out;
  }

  /** The parser does not look again at a byte that did not fit: `55 55 AA 07` is missed. */
  #receive(byte: number): void {
    switch (this.#expecting) {
      case 0:
        this.#expecting = byte === 0x55 ? 1 : 0;
        return;
      case 1:
        this.#expecting = byte === 0xaa ? 2 : 0;
        return;
      case 2:
        this.#command = byte;
        this.#data = [];
        this.#expecting = DATA_BYTES.has(byte) ? 3 : 0;
        break;
      default:
        this.#data.push(byte);
        if (this.#data.length === DATA_BYTES.get(this.#command)) this.#expecting = 0;
    }
    if (this.#expecting === 0) this.#perform(this.#command, Uint8Array.from(this.#data));
  }

  #perform(command: number, data: Uint8Array): void {
    this.#answer = [];
    if (command === COMMAND.reset) {
      this.restart();
      return;
    }
    if (command === COMMAND.version) {
      this.#answer = [this.#inApplication ? (this.faults.version ?? VERSION) : LOADER_RUNNING];
      return;
    }
    if (this.#inApplication === LOADER_COMMANDS.has(command)) return;
    if (this.#inApplication) this.#application(command, data);
    else this.#loader(command, data);
  }

  #loader(command: number, data: Uint8Array): void {
    switch (command) {
      case COMMAND.setPointer:
        this.#pointer = ((data[0] as number) << 8) | (data[1] as number);
        return;
      case COMMAND.load:
        for (let i = 0; i < ROW_WORDS; i++) this.#row[i] = (((data[2 * i] as number) << 8) | (data[2 * i + 1] as number)) & ERASED;
        return;
      case COMMAND.read:
        for (let i = 0; i < ROW_WORDS; i++) {
          const word = this.flash[this.#pointer + i] ?? ERASED;
          this.#answer.push(word >> 8, word & 0xff);
        }
        this.#pointer += ROW_WORDS;
        return;
      case COMMAND.erase: {
        const from = this.#pointer - (this.#pointer % SECTOR_WORDS);
        this.flash.fill(ERASED, from, from + SECTOR_WORDS);
        this.#keepBusy();
        return;
      }
      case COMMAND.program:
        for (let i = 0; i < ROW_WORDS; i++)
          if (this.#pointer + i < FLASH_WORDS)
            this.flash[this.#pointer + i] = (this.flash[this.#pointer + i] as number) & (this.#row[i] as number);
        this.#pointer += ROW_WORDS;
        this.#keepBusy();
        return;
      case COMMAND.getPointer:
        this.#answer = [this.#pointer >> 8, this.#pointer & 0xff];
        return;
      case COMMAND.eraseApplication:
        this.flash.fill(ERASED, APPLICATION.from, APPLICATION.to);
        this.#keepBusy();
        return;
      case COMMAND.jump:
        this.#inApplication = !this.faults.staysInLoader && this.flash[APPLICATION.from] !== ERASED;
        this.#keepBusy();
    }
  }

  #application(command: number, data: Uint8Array): void {
    switch (command) {
      case COMMAND.setVoltage:
        this.#code = data[0] as number;
        return;
      case COMMAND.getVoltage:
        this.#answer = [(this.#code + this.faults.readBackOffset) & 0xff];
        return;
      case COMMAND.enable:
        this.#enabled = data[0] === 1;
        this.#heartbeatNs = this.#nowNs;
        return;
      case COMMAND.heartbeat:
        if (!this.faults.deafToHeartbeat) this.#heartbeatNs = this.#nowNs;
        return;
      case COMMAND.setBoardId:
        this.#boardId = data;
        return;
      case COMMAND.getBoardId:
        this.#answer = [...this.#boardId];
        return;
      case COMMAND.setOffsets:
        this.#offsets = data;
        return;
      case COMMAND.getOffsets:
        this.#answer = [...this.#offsets];
    }
  }

  /** As a host leaves it that has gone through the start and goes on beating for ever: in its application, output on at this code. */
  start(code: number): void {
    this.#inApplication = true;
    this.#code = code;
    this.#enabled = true;
    this.#heartbeatNs = Number.POSITIVE_INFINITY;
  }

  /** Back to the loader with the output off. */
  restart(): void {
    this.#inApplication = false;
    this.#enabled = false;
    this.#code = START_CODE;
    this.#expecting = 0;
    this.#deafUntilNs = this.#nowNs + S9_PARAMETERS.pic.resetS * 1e9;
  }

  #keepBusy(): void {
    this.#deafUntilNs = this.#nowNs + S9_PARAMETERS.pic.busyS * 1e9;
  }
}
