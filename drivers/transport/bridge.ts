/** The bitaxe-raw USB bridge: I2C, reset, ADC and fan of a board through one control port. specs/bm1366.md 5.10 */
import { type Clock, hostClock } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";
import {
  BRIDGE_COMMANDS,
  type BridgeCommandName,
  type BridgeValues,
  describeRequest,
  type ExpectedAnswer,
  encodeRequest,
  expectedAnswer,
} from "./bridge-commands.ts";
import { type Answer, ERROR_CODES, ERROR_SILENCE_MS, findAnswer, type Generation, UNPARSED_ID } from "./bridge-protocol.ts";
import { type ControlPort, linkLost, openControlPort } from "./control-port.ts";

export interface BridgeOptions {
  /** How the firmware answers; "auto" (the default) asks for the reset pin's level and looks. */
  readonly generation?: Generation | "auto";
  /** How long to wait for an answer; 1000 ms as mujina does (specs/bm1366.md 5.10). */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
  /** One line per request and per answer, for a protocol log. */
  readonly log?: (line: string) => void;
  readonly onWarning?: (text: string) => void;
}

/** "Pin" 0 is RST_N, whatever the microcontroller calls it. specs/bm1366.md 5.10 */
export const RESET_PIN = 0;

/** A blocked event loop fires its timers before it reads: leave what has already arrived the time to be seen. */
const READ_GRACE_MS = 10;

/** A reason of its own: without one each abort makes an error with its stack, and a board has a hundred a second. */
const NO_LONGER = "no longer waited for";

const I2C_PAGE = BRIDGE_COMMANDS.i2cRead.page;

interface InFlight {
  readonly expected: ExpectedAnswer;
  readonly settle: (answer: Answer) => void;
  readonly fail: (reason: Error) => void;
}

/** Opens the bridge's control port and finds out which generation of answers it speaks. Errors: as openPort, then as Bridge. */
export async function openBridge(path: string, options: BridgeOptions = {}): Promise<Bridge> {
  return connectBridge(await openControlPort(path, options.onWarning), options);
}

/** As openBridge, over a port that is open already. Closes the port when the bridge does not answer. */
export async function connectBridge(port: ControlPort, options: BridgeOptions = {}): Promise<Bridge> {
  const bridge = new Bridge(port, options);
  try {
    if (bridge.generation === "auto") await bridge.gpioGet(RESET_PIN);
    return bridge;
  } catch (error) {
    await bridge.close();
    throw error;
  }
}

/**
 * One request in flight; the rest wait their turn. Every method rejects with DriverError: BRIDGE_TIMEOUT (no answer), I2C_NAK
 * (the I2C device did not acknowledge), BRIDGE_INVALID, BRIDGE_DENIED, BRIDGE_FAULT (the bridge refused), LINK_LOST.
 */
export class Bridge {
  readonly path: string;
  readonly #port: ControlPort;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #log: ((line: string) => void) | null;
  /** Answers to these may still come and must not be taken for another's. By id, until the id is used again. */
  readonly #abandoned = new Map<number, ExpectedAnswer>();
  #generation: Generation | "auto";
  #nextId = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #inFlight: InFlight | null = null;
  #received = new Uint8Array(0);
  #silence: AbortController | null = null;
  #lost: Error | null = null;
  #lostListeners = new Set<(reason: Error) => void>();

  constructor(port: ControlPort, options: BridgeOptions = {}) {
    this.path = port.path;
    this.#port = port;
    this.#clock = options.clock ?? hostClock();
    this.#timeoutMs = options.timeoutMs ?? 1000;
    this.#log = options.log ?? null;
    this.#generation = options.generation ?? "auto";
    port.onData((bytes) => this.#receive(bytes));
    port.onLost((reason) => this.#lose(reason));
  }

  /** "auto" until the first good answer. */
  get generation(): Generation | "auto" {
    return this.#generation;
  }

  async i2cSetFrequency(hz: number): Promise<void> {
    await this.#request("i2cSetFrequency", { hz });
  }

  async i2cWrite(address: number, data: Uint8Array): Promise<void> {
    const [written = 0] = await this.#request("i2cWrite", { address, data });
    if (written === data.length) return;
    const message = `The bridge wrote ${written} of ${data.length} bytes to I2C address 0x${address.toString(16)}.`;
    throw new DriverError("BRIDGE_FAULT", message, "Power the board off and on.", { address, written, asked: data.length });
  }

  /** n bytes, 1..255, from a device that needs no register number. */
  i2cRead(address: number, n: number): Promise<Uint8Array> {
    return this.#read(n, (length) => this.#request("i2cRead", { address, length }));
  }

  /** Writes `data`, then reads n bytes after a repeated start. */
  i2cWriteRead(address: number, data: Uint8Array, n: number): Promise<Uint8Array> {
    return this.#read(n, (length) => this.#request("i2cWriteRead", { address, data, length }));
  }

  /** Resolves with the level the bridge answers: true is high. */
  async gpioSet(pin: number, high: boolean): Promise<boolean> {
    return (await this.#request("gpioSet", { pin, level: high ? 1 : 0 }))[0] === 1;
  }

  async gpioGet(pin: number): Promise<boolean> {
    return (await this.#request("gpioGet", { pin }))[0] === 1;
  }

  /** Raw reading of the core-voltage ADC, 12 bits. */
  async adcReadVdd(): Promise<number> {
    return wordLittleEndian(await this.#request("adcReadVdd", {}));
  }

  /** 0..100. Not on emberOne, where this page means something else (pitfall 21). */
  async fanSet(percent: number): Promise<void> {
    await this.#request("fanSet", { percent });
  }

  async fanTach(): Promise<number> {
    return wordLittleEndian(await this.#request("fanTach", {}));
  }

  /** Called when the port goes away by itself. Returns the way to stop listening. */
  onLost(listener: (reason: Error) => void): () => void {
    this.#lostListeners.add(listener);
    return () => this.#lostListeners.delete(listener);
  }

  /** Idempotent. What is in flight or waiting rejects with LINK_LOST. */
  async close(): Promise<void> {
    this.#fail(linkLost(this.path));
    await this.#port.close();
  }

  /** In generation "total" a one-byte answer cannot be told from an error: ask for two bytes and drop the second. */
  async #read(n: number, request: (n: number) => Promise<Uint8Array>): Promise<Uint8Array> {
    return this.#generation === "total" && n === 1 ? (await request(2)).subarray(0, 1) : request(n);
  }

  #request<N extends BridgeCommandName>(name: N, values: BridgeValues<N>): Promise<Uint8Array> {
    const result = this.#turn.then(() => this.#exchange(name, values));
    this.#turn = result.catch(() => {});
    return result;
  }

  async #exchange<N extends BridgeCommandName>(name: N, values: BridgeValues<N>): Promise<Uint8Array> {
    if (this.#lost !== null) throw this.#lost;
    const id = this.#nextId;
    this.#nextId = (id + 1) % UNPARSED_ID;
    const expected = expectedAnswer(id, name, values);
    this.#abandoned.delete(id);
    const bytes = encodeRequest(id, name, values);
    const what = () => describeRequest(name, values);
    this.#log?.(`-> ${hex(bytes)} ${what()}`);

    const timer = new AbortController();
    try {
      const answer = await new Promise<Answer>((settle, fail) => {
        this.#inFlight = { expected, settle, fail };
        this.#quiet(this.#timeoutMs, timer.signal).then(
          () => {
            this.#abandoned.set(id, expected);
            fail(noAnswer(this.path, what(), this.#timeoutMs));
          },
          () => {},
        );
        this.#port.write(bytes);
      });
      if (answer.kind === "error") throw refusal(name, what(), answer.code, answer.text);
      this.#generation = answer.generation;
      return answer.data;
    } catch (error) {
      this.#log?.(`<- ${error instanceof DriverError ? `${error.code}: ${error.message}` : String(error)}`);
      throw error;
    } finally {
      timer.abort(NO_LONGER);
      this.#silence?.abort(NO_LONGER);
      this.#inFlight = null;
      this.#received = new Uint8Array(0);
    }
  }

  #receive(bytes: Uint8Array): void {
    // Nobody asked: a late answer to a request given up long ago.
    if (this.#inFlight === null) return;
    this.#received = Uint8Array.from([...this.#received, ...bytes]);
    this.#look(false);
  }

  #look(silent: boolean): void {
    this.#silence?.abort(NO_LONGER);
    if (this.#inFlight === null) return;
    const { expected, settle } = this.#inFlight;
    const scan = findAnswer(this.#received, expected, this.#abandoned.values(), this.#generation, silent);
    if (scan.kind === "found") {
      this.#log?.(`<- ${hex(this.#received.subarray(0, scan.end))}`);
      this.#inFlight = null;
      settle(scan.answer);
      return;
    }
    this.#received = this.#received.slice(scan.from);
    if (scan.errorIfSilent) this.#watchSilence();
  }

  #watchSilence(): void {
    const silence = new AbortController();
    this.#silence = silence;
    this.#quiet(ERROR_SILENCE_MS, silence.signal).then(
      () => this.#look(true),
      () => {},
    );
  }

  async #quiet(ms: number, signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(ms, signal);
    await this.#clock.sleep(READ_GRACE_MS, signal);
  }

  #lose(reason: Error): void {
    this.#fail(reason);
    for (const listener of this.#lostListeners) listener(reason);
  }

  #fail(reason: Error): void {
    this.#lost ??= reason;
    this.#inFlight?.fail(this.#lost);
    this.#inFlight = null;
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const wordLittleEndian = (data: Uint8Array): number => (data[0] ?? 0) | ((data[1] ?? 0) << 8);

function noAnswer(path: string, what: string, timeoutMs: number): DriverError {
  const hint = "Check that this is the bridge's control port (the first of its two) and that it runs the bitaxe-raw firmware.";
  return new DriverError("BRIDGE_TIMEOUT", `The bridge on ${path} did not answer "${what}" within ${timeoutMs} ms.`, hint, { path });
}

function refusal(name: BridgeCommandName, what: string, code: number, text: string): DriverError {
  const context = { request: what, code, text };
  switch (code) {
    case ERROR_CODES.timeout:
      return BRIDGE_COMMANDS[name].page === I2C_PAGE
        ? new DriverError("I2C_NAK", `No I2C device acknowledged "${what}".`, "Check that the board has this chip and is powered.", context)
        : new DriverError(
            "BRIDGE_TIMEOUT",
            `The bridge timed out inside "${what}".`,
            "Try again; then power the board off and on.",
            context,
          );
    case ERROR_CODES.invalid:
      return new DriverError(
        "BRIDGE_INVALID",
        `The bridge does not know "${what}".`,
        "Update its firmware, or do without this function.",
        context,
      );
    case ERROR_CODES.denied:
      return new DriverError(
        "BRIDGE_DENIED",
        `The bridge denied "${what}" (or it was too long).`,
        "This firmware does not allow it.",
        context,
      );
    default: {
      const why = text === "" ? `fault code 0x${code.toString(16)}` : text;
      return new DriverError("BRIDGE_FAULT", `The bridge failed at "${what}": ${why}.`, "Power the board off and on.", context);
    }
  }
}
