/** A byte stream to the bridge's control side. Single-use: after `onLost` has spoken it stays dead. */
import type { SerialPort } from "serialport";
import { DriverError } from "../../common/errors.ts";
import { openPort } from "./open-port.ts";

export interface ControlPort {
  readonly path: string;
  /** Of the open port, for what must write to it when JavaScript cannot; null or absent where there is none. */
  readonly fd?: number | null;
  /** Hands all bytes to the port in one go: the bridge drops a request that pauses for 4 ms (specs/bm1366.md 5.10). */
  write(bytes: Uint8Array): void;
  onData(listener: (bytes: Uint8Array) => void): void;
  /** Called once, when the port is gone for another reason than close(). */
  onLost(listener: (reason: Error) => void): void;
  close(): Promise<void>;
}

/** CDC-ACM ignores the rate of the control side; a real UART in between would not. */
const CONTROL_BAUD = 115_200;

/** serialport reads for ever, silently, from a terminal that was hung up: ask the kernel now and then whether the line is there. */
const LIVENESS_MS = 250;

/** What the kernel, serialport and our own reader say of a device that was pulled: which of them comes first is chance. */
const PULLED = /\b(EIO|ENXIO|ENODEV|EBADF)\b|cannot get baud rate|other end of the port was closed/i;

/** `cause`: whatever says in its `message` why; undefined when the port was closed from here. */
export function linkLost(path: string, cause?: { readonly message: string }): DriverError {
  const said = cause?.message.replace(/\.$/, "");
  const why = said === undefined ? "" : `: ${PULLED.test(said) ? "the device at its other end went away" : said}`;
  const hint = "Check the cable and the board's power.";
  return new DriverError("LINK_LOST", `The connection is gone${why} (${path}).`, hint, { path }, cause);
}

/** Opens a control port. Errors as openPort. */
export async function openControlPort(path: string, onWarning?: (text: string) => void): Promise<ControlPort> {
  return new SerialControlPort(await openPort(path, CONTROL_BAUD, onWarning));
}

class SerialControlPort implements ControlPort {
  readonly path: string;
  readonly #port: SerialPort;
  readonly #liveness: NodeJS.Timeout;
  #lostListener: (reason: Error) => void = () => {};
  #closing: Promise<void> | null = null;

  constructor(port: SerialPort) {
    this.path = port.path;
    this.#port = port;
    port.on("error", (error) => this.#lose(error));
    port.on("close", () => this.#lose());
    this.#liveness = setInterval(() => {
      port.port?.getBaudRate().catch((error: Error) => this.#lose(error));
    }, LIVENESS_MS);
    this.#liveness.unref();
  }

  get fd(): number | null {
    return this.#port.port?.fd ?? null;
  }

  write(bytes: Uint8Array): void {
    this.#port.write(Buffer.from(bytes), (error) => {
      if (error) this.#lose(error);
    });
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#port.on("data", listener);
  }

  onLost(listener: (reason: Error) => void): void {
    this.#lostListener = listener;
  }

  #lose(cause?: Error): void {
    if (this.#closing !== null) return;
    this.#closing = this.#release();
    this.#lostListener(linkLost(this.path, cause));
  }

  close(): Promise<void> {
    this.#closing ??= this.#release();
    return this.#closing;
  }

  async #release(): Promise<void> {
    clearInterval(this.#liveness);
    if (!this.#port.isOpen) return;
    await new Promise<void>((resolve) => this.#port.close(() => resolve()));
  }
}
