import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { usbIds } from "./usb-ids.ts";

let sysfs = "";
beforeAll(() => {
  sysfs = mkdtempSync(path.join(tmpdir(), "sysfs-"));
  const device = path.join(sysfs, "usb1/1-2");
  mkdirSync(path.join(device, "1-2:1.0"), { recursive: true });
  writeFileSync(path.join(device, "idVendor"), "303a\n");
  writeFileSync(path.join(device, "idProduct"), "1001\n");
  for (const [name, target] of [
    ["ttyACM0", path.join(device, "1-2:1.0")],
    ["ttyS0", sysfs],
  ] as const) {
    mkdirSync(path.join(sysfs, name));
    symlinkSync(target, path.join(sysfs, name, "device"));
  }
});
afterAll(() => rmSync(sysfs, { recursive: true, force: true }));

describe("the USB device behind a port", () => {
  it("is the one whose interface the port is", async () => {
    expect(await usbIds("/dev/ttyACM0", sysfs)).toEqual({ vendorId: 0x303a, productId: 0x1001 });
  });

  it("is none where a UART has none, and where nothing is known of the port", async () => {
    expect([await usbIds("/dev/ttyS0", sysfs), await usbIds("/dev/ttyACM9", sysfs)]).toEqual([null, null]);
  });
});
