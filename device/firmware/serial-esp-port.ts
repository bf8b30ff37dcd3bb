/** A serial port of this host for a flasher. Locked against others while it is open. */
import type { SerialPort } from "serialport";
import { isPseudoTerminal, openPort } from "../../drivers/transport/open-port.ts";
import type { EspPort } from "../../firmware-images/esp32/esp-port.ts";
import { usbIds } from "./usb-ids.ts";

/** Errors of opening and writing are those of openPort(). */
export async function serialEspPort(path: string, onWarning: (text: string) => void): Promise<EspPort> {
  const usb = await usbIds(path);
  // A terminal of a simulation has no such lines, and refuses to be asked for them.
  const hasLines = !(await isPseudoTerminal(path));
  let port: SerialPort | null = null;
  let hear: (bytes: Uint8Array) => void = () => {};
  let lines = { dtr: false, rts: false };
  return {
    usb,
    async open(baud) {
      port = await openPort(path, baud, onWarning);
      port.on("data", (bytes: Buffer) => hear(bytes));
      // What is lost shows in the answer that does not come; unheard it would end the process.
      port.on("error", () => {});
    },
    write: (bytes) =>
      new Promise((resolve, reject) => {
        if (port === null) reject(new Error(`${path} is closed`));
        else port.write(Buffer.from(bytes), (error) => (error ? reject(error) : resolve()));
      }),
    async setSignals(changed) {
      // The library takes a line that is left out for asserted.
      lines = { ...lines, ...changed };
      const opened = port;
      if (!hasLines || opened === null) return;
      await new Promise<void>((resolve, reject) => opened.set(lines, (error) => (error ? reject(error) : resolve())));
    },
    onData(listener) {
      hear = listener;
    },
    async close() {
      const opened = port;
      port = null;
      if (opened?.isOpen) await new Promise<void>((resolve) => opened.close(() => resolve()));
    },
  };
}
