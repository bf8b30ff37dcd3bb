/** Which USB device is behind a serial port: an ESP32-S3's own port is reset in another way than one behind an adapter. Linux, from sysfs. */
import { readFile, realpath } from "node:fs/promises";
import path from "node:path";

export interface UsbIds {
  readonly vendorId: number;
  readonly productId: number;
}

/** Links are followed. null when there is none, or it cannot be seen. */
export async function usbIds(port: string, sysfs = "/sys/class/tty"): Promise<UsbIds | null> {
  const target = await realpath(port).catch(() => port);
  const folder = await realpath(path.join(sysfs, path.basename(target), "device")).catch(() => null);
  if (folder === null) return null;
  // The port is an interface of the device, which is a folder above it.
  for (let at = folder; at !== path.dirname(at); at = path.dirname(at)) {
    const [vendorId, productId] = await Promise.all([hexIn(path.join(at, "idVendor")), hexIn(path.join(at, "idProduct"))]);
    if (vendorId !== null && productId !== null) return { vendorId, productId };
  }
  return null;
}

async function hexIn(file: string): Promise<number | null> {
  const text = await readFile(file, "utf8").catch(() => "");
  return /^[0-9a-f]{4}\s*$/.test(text) ? Number.parseInt(text, 16) : null;
}
