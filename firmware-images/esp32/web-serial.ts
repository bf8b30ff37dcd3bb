/** An EspPort in the shape of the browsers' Web Serial, which is what esptool-js talks to. https://wicg.github.io/serial/ */
import type { EspPort } from "./esp-port.ts";

export class WebSerialShape {
  readable: ReadableStream<Uint8Array> | null = null;
  writable: WritableStream<Uint8Array> | null = null;
  readonly #port: EspPort;
  #incoming: ReadableStreamDefaultController<Uint8Array> | null = null;

  constructor(port: EspPort) {
    this.#port = port;
    port.onData((bytes) => this.#incoming?.enqueue(bytes));
  }

  getInfo(): { usbVendorId?: number; usbProductId?: number } {
    const { usb } = this.#port;
    return usb === null ? {} : { usbVendorId: usb.vendorId, usbProductId: usb.productId };
  }

  async open({ baudRate }: { readonly baudRate: number }): Promise<void> {
    await this.#port.open(baudRate);
    this.readable = new ReadableStream({
      start: (controller) => {
        this.#incoming = controller;
      },
      cancel: () => {
        this.#incoming = null;
      },
    });
    this.writable = new WritableStream({ write: (bytes) => this.#port.write(bytes) });
  }

  /** A line that is left out stays as it is. */
  setSignals(lines: { readonly dataTerminalReady?: boolean; readonly requestToSend?: boolean }): Promise<void> {
    return this.#port.setSignals({
      ...(lines.dataTerminalReady === undefined ? {} : { dtr: lines.dataTerminalReady }),
      ...(lines.requestToSend === undefined ? {} : { rts: lines.requestToSend }),
    });
  }

  /** Ends the stream of whoever reads; nothing that comes later is heard. */
  async close(): Promise<void> {
    const incoming = this.#incoming;
    this.#incoming = null;
    this.readable = null;
    this.writable = null;
    incoming?.close();
    await this.#port.close();
  }
}
