/**
 * The safe sequence as bytes, for the watchdog: reset first, because chips in reset draw nothing and have forgotten their clock (specs/bm1366.md
 * 3.5), then the supply, each read back. What a healthy program does besides, ramping the clock down, takes seconds that nobody has here.
 */

import { DS4432U_ADDRESS, ds4432uCode } from "../../drivers/boards/ds4432u.ts";
import { PIC_VERSION } from "../../drivers/boards/pic16f1704.ts";
import { PIC_FLUSH, type PicCommandName, picFrame } from "../../drivers/boards/pic16f1704-commands.ts";
import { TPS546_ADDRESS } from "../../drivers/boards/tps546.ts";
import type { PortSafeStep, SafeStep } from "../../drivers/native/watchdog.ts";
import { type Bridge, RESET_PIN } from "../../drivers/transport/bridge.ts";
import { type BridgeCommandName, type BridgeValues, encodeRequest } from "../../drivers/transport/bridge-commands.ts";
import type { Generation } from "../../drivers/transport/bridge-protocol.ts";
import type { ControlPort } from "../../drivers/transport/control-port.ts";

export interface SafeSequence {
  /** Where "port" steps go; null when there are none. */
  readonly port: ControlPort | null;
  readonly steps: readonly SafeStep[];
}

/** The bridge's, which it has told with its first answer. */
export function knownGeneration({ generation }: Pick<Bridge, "generation">): Generation {
  if (generation === "auto") throw new RangeError("the bridge has not answered yet");
  return generation;
}

/** As long as a program waits for its bridge (specs/bm1366.md 5.10), and another try. */
const ANSWER_MS = 1_000;
const TRIES = 2;
/** Ids are the bridge's to repeat; these are rarely another's, whose late answers are read and dropped before. */
const FIRST_ID = 0xc0;
/** Where the DS4432U's register for OUT0 is, and the lowest core voltage these boards use (drivers/boards/core-supply.ts). */
const DS4432U_OUT0 = 0xf8;
const IDLE_V = 1;
/** specs/bm1366.md 5.1: high is off. Bridges that do not offer it answer with an error. */
const ASIC_EN_PIN = 10;
const TPS546_OPERATION = 0x01;

type Ask = <N extends BridgeCommandName>(what: string, name: N, values: BridgeValues<N>, data: readonly number[]) => PortSafeStep;

/** Requests in the bridge's own generation, each with what its answer begins with: length, id, and what was asked for. */
function asking(generation: Generation): Ask {
  let id = FIRST_ID;
  return (what, name, values, data) => {
    const mine = id++;
    const padded = generation === "total" && name === "i2cWriteRead" ? [...data, 0] : data;
    const header = {
      v0: [padded.length, 0, mine],
      total: [padded.length + 3, 0, mine],
      v1: [padded.length + 4, 0, mine, 0],
    }[generation];
    // One byte that is read cannot be told from an error there, so two are asked for, and the second may be anything.
    const asked = padded === data ? values : { ...values, length: padded.length };
    return {
      what,
      way: "port",
      write: encodeRequest(mine, name, asked),
      expect: Uint8Array.from([...header, ...data]),
      timeoutMs: ANSWER_MS,
      tries: TRIES,
    };
  };
}

function resetSteps(ask: Ask): SafeStep[] {
  return [
    ask("hold the chips in reset", "gpioSet", { pin: RESET_PIN, level: 0 }, [0]),
    ask("see that they are", "gpioGet", { pin: RESET_PIN }, [0]),
  ];
}

/** A Bitaxe's: by the regulator that probing found. */
export function bitaxeSafeSteps(regulator: string, generation: Generation): SafeStep[] {
  const ask = asking(generation);
  const reset = resetSteps(ask);
  const written = (what: string, address: number, register: number, value: number): SafeStep[] => [
    ask(what, "i2cWrite", { address, data: Uint8Array.of(register, value) }, [2]),
    ask(`see that it took: ${what}`, "i2cWriteRead", { address, data: Uint8Array.of(register), length: 1 }, [value]),
  ];
  if (regulator === "TPS546D24A") return [...reset, ...written("TPS546 OPERATION off", TPS546_ADDRESS, TPS546_OPERATION, 0x00)];
  return [
    ...reset,
    ...written("DS4432U to the lowest voltage", DS4432U_ADDRESS, DS4432U_OUT0, ds4432uCode(IDLE_V)),
    {
      ...ask("ASIC_EN off, where there is one", "gpioSet", { pin: ASIC_EN_PIN, level: 1 }, [1]),
      required: false,
      tries: 1,
      timeoutMs: 100,
    },
  ];
}

/** How long the PIC is busy with a command. specs/bm1387.md 4.1 */
const PIC_BUSY_MS = 100;
/** A byte that was not acknowledged was not taken, and can be sent again. */
const PIC_TRIES = 5;

/** What is written to the PIC byte by byte, and the version that must come back: proof that an application is there to have obeyed. */
function picSteps(byte: (what: string, value: number) => SafeStep, read: (what: string, value: number) => SafeStep): SafeStep[] {
  const frame = (what: string, name: PicCommandName, data: readonly number[] = []) =>
    [...picFrame(name, data)].map((value) => byte(what, value));
  const disable = [...[...PIC_FLUSH].map((value) => byte("clear the PIC's parser", value)), ...frame("PIC output off", "enable", [0])];
  return [
    ...disable.map((step, at) => (at === disable.length - 1 ? { ...step, settleMs: PIC_BUSY_MS } : step)),
    ...frame("ask the PIC's version", "version"),
    read("the PIC's application answers", PIC_VERSION),
  ];
}

/** An S9 hash board's behind a bridge. Its heartbeat stops with the program that hangs: the PIC cuts the supply ten seconds later in any case. */
export function s9BridgeSafeSteps(picAddress: number, generation: Generation): SafeStep[] {
  const ask = asking(generation);
  const address = picAddress;
  return [
    ...resetSteps(ask),
    ...picSteps(
      (what, value) => ({ ...ask(what, "i2cWrite", { address, data: Uint8Array.of(value) }, [1]), tries: PIC_TRIES }),
      (what, value) => ask(what, "i2cRead", { address, length: generation === "total" ? 2 : 1 }, [value]),
    ),
  ];
}

/** An S9 hash board's on this host's own bus and GPIO. */
export function s9LinuxSafeSteps(picAddress: number, i2cPath: string, resetPath: string): SafeStep[] {
  const transfer = { way: "i2c", path: i2cPath, address: picAddress, tries: PIC_TRIES } as const;
  const low = new TextEncoder().encode("0");
  return [
    { what: "hold the chips in reset", way: "file", path: resetPath, write: low, expect: low },
    ...picSteps(
      (what, value) => ({ ...transfer, what, write: Uint8Array.of(value), expect: new Uint8Array(0) }),
      (what, value) => ({ ...transfer, what, write: new Uint8Array(0), expect: Uint8Array.of(value) }),
    ),
  ];
}
