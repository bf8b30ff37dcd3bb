/** The bridge's control port in memory. */
import { type ControlPort, linkLost } from "../../drivers/transport/control-port.ts";
import type { VirtualProcess } from "./virtual-process.ts";

/** How soon a process hears that its port is gone: the interval at which serial ports are asked (drivers/transport/control-port.ts). */
const HANG_UP_NS = 250e6;

export interface ControlWire {
  receive(bytes: Uint8Array): void;
}

export class VirtualControlPort implements ControlPort {
  readonly path: string;
  readonly process: VirtualProcess;
  readonly #wire: ControlWire;
  #open = true;
  #onData: (bytes: Uint8Array) => void = () => {};
  #onLost: (reason: Error) => void = () => {};

  constructor(path: string, process: VirtualProcess, wire: ControlWire) {
    this.path = path;
    this.process = process;
    this.#wire = wire;
    process.onEnd(() => {
      this.#open = false;
    });
  }

  write(bytes: Uint8Array): void {
    if (this.#open) this.#wire.receive(bytes);
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#onData = listener;
  }

  onLost(listener: (reason: Error) => void): void {
    this.#onLost = listener;
  }

  async close(): Promise<void> {
    this.#open = false;
  }

  arrived(bytes: Uint8Array): void {
    if (this.#open) this.#onData(bytes);
  }

  hangUp(): void {
    if (!this.#open) return;
    this.process.soon("io", HANG_UP_NS, () => {
      if (!this.#open) return;
      this.#open = false;
      this.#onLost(linkLost(this.path, { message: "the port was hung up" }));
    });
  }
}
