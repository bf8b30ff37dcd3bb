/** A Bitaxe Ultra behind a bridge, in memory: register maps on the I2C bus, a reset pin, an ADC. Every byte goes through the control protocol. */
import type { Clock } from "../../../common/clock.ts";
import { Bridge } from "../../transport/bridge.ts";
import type { DecodedRequest } from "../../transport/bridge-commands.ts";
import { answeringPort, type FakeControlPort, type Reply } from "../../transport/testing/fake-control-port.test-support.ts";

const NAK: Reply = { code: 0x10 };
const INVALID: Reply = { code: 0x11 };

/** Registers of one I2C device: number to bytes. A write of [register, ...bytes] stores them. */
export type Registers = Map<number, readonly number[]>;

export const ds4432u = (): Registers => new Map([[0xf8, [0x00]]]);
/** 2400 mA, 5000 mV, 12 W. */
export const ina260 = (): Registers =>
  new Map([
    [1, [0x07, 0x80]],
    [2, [0x0f, 0xa0]],
    [3, [0x04, 0xb0]],
  ]);
/** 41 C on the board, 58.5 C at the diode, 4500 rpm. */
export const emc2101 = (): Registers =>
  new Map([
    [0x00, [41]],
    [0x01, [58]],
    [0x10, [0x80]],
    [0x46, [1200 & 0xff]],
    [0x47, [1200 >> 8]],
    [0x4c, [0]],
    [0xfd, [0x16]],
    [0xfe, [0x5d]],
  ]);
/** 5 V in, 1.2 V and 10 A out, 60 C. */
export const tps546 = (): Registers =>
  new Map([
    [0x01, [0x00]],
    [0x20, [0x97]],
    [0x21, [0x00, 0x00]],
    [0x79, [0x40, 0x08]],
    [0x88, [0x80, 0xca]],
    [0x8b, [0x66, 0x02]],
    [0x8c, [0x80, 0xd2]],
    [0x8d, [0x3c, 0x00]],
    [0xad, [6, 0x54, 0x49, 0x54, 0x6d, 0x24, 0x41]],
  ]);

interface FakeHardware {
  readonly devices: Map<number, Registers>;
  /** Levels of the pins the bridge offers. */
  readonly pins: Map<number, number>;
  /** What the core-voltage ADC reads. */
  adcRaw: number;
  /** Every change and every wait, in order: "pin 0=0", "48:f8=fc", "sleep 500". */
  readonly events: string[];
  /** Called before a request is answered; what it returns is answered instead. */
  intercept: (request: DecodedRequest) => Reply | undefined;
}

export interface FakeBoard extends FakeHardware {
  readonly bridge: Bridge;
  readonly port: FakeControlPort;
  readonly clock: Clock;
}

export function fakeBoard(devices: [number, Registers][], pins: [number, number][] = [[0, 0]]): FakeBoard {
  const events: string[] = [];
  const board: FakeHardware = { devices: new Map(devices), pins: new Map(pins), adcRaw: 0, events, intercept: () => undefined };
  const port = answeringPort("v1", (request) => {
    const instead = board.intercept(request);
    return instead === undefined ? answer(board, request) : instead;
  });
  let nowNs = 0n;
  const clock: Clock = {
    nowNs: () => nowNs,
    wallMs: () => Number(nowNs / 1_000_000n),
    sleep: async (ms) => {
      nowNs += BigInt(Math.round(ms * 1e6));
      if (ms >= 100) events.push(`sleep ${ms}`);
    },
  };
  return Object.assign(board, { port, clock, bridge: new Bridge(port, { generation: "v1", timeoutMs: 1500 }) });
}

function answer(board: FakeHardware, { name, values }: DecodedRequest): Reply {
  switch (name) {
    case "i2cSetFrequency":
      return { data: [0xa0, 0x86, 0x01, 0x00] };
    case "i2cWrite":
    case "i2cRead":
    case "i2cWriteRead":
      return transfer(board, Number(values.address), values.data instanceof Uint8Array ? values.data : null, Number(values.length ?? 0));
    case "adcReadVdd":
      return { data: [board.adcRaw & 0xff, board.adcRaw >> 8] };
    case "gpioGet":
    case "gpioSet": {
      const pin = Number(values.pin);
      if (!board.pins.has(pin)) return INVALID;
      if (name === "gpioSet") {
        board.pins.set(pin, Number(values.level));
        board.events.push(`pin ${pin}=${values.level}`);
      }
      return { data: [board.pins.get(pin) ?? 0] };
    }
    default:
      return INVALID;
  }
}

function transfer(board: FakeHardware, address: number, data: Uint8Array | null, length: number): Reply {
  const registers = board.devices.get(address);
  if (registers === undefined) return NAK;
  if (data === null) return { data: new Uint8Array(length) };
  const [register = 0, ...bytes] = data;
  if (length === 0) {
    if (bytes.length > 0) registers.set(register, bytes);
    board.events.push(`${hex([address])}:${hex([register])}=${hex(bytes)}`);
    return { data: [data.length] };
  }
  const stored = registers.get(register);
  return stored === undefined ? NAK : { data: Uint8Array.from({ length }, (_, i) => stored[i] ?? 0xff) };
}

const hex = (bytes: readonly number[]): string => Buffer.from(bytes).toString("hex");
