/**
 * The loader in an ESP32-S3's mask ROM, through esptool-js. Its flasher stub is not used: the ROM alone writes, compressed, and reads back
 * by MD5. https://docs.espressif.com/projects/esptool/en/latest/esp32s3/advanced-topics/serial-protocol.html
 */
import { createHash } from "node:crypto";
import { ESPLoader, Transport } from "esptool-js";
import type { Clock } from "../../common/clock.ts";
import { AsicError, FirmwareError } from "../../common/errors.ts";
import { ESP_FLASH_BYTES, ESP_SECTOR_BYTES } from "../manifest.ts";
import type { EspPort } from "./esp-port.ts";
import { WebSerialShape } from "./web-serial.ts";

const ROM_BAUD = 115_200;
/** The ROM has room for no more at once. */
const ROM_BLOCK_BYTES = 0x400;
const CHIP = "ESP32-S3";
const CONNECT_TRIES = 4;
const RESET_MS = 100;

/** The port that the chip itself is on USB. */
const OWN_USB = { vendorId: 0x303a, productId: 0x1001 } as const;
const SPI_SET_PARAMS = 0x0b;
/** What the ROM is to know of the flash; only the size is of consequence. */
const FLASH_PARAMETERS = [0, ESP_FLASH_BYTES, 64 * 1024, ESP_SECTOR_BYTES, 256, 0xffff] as const;
/** Registers of the ESP32-S3 (Technical Reference Manual, RTC_CNTL). */
const RTC = { watchdog: 0x6000_8098, watchdogKey: 0x6000_80b0, superWatchdog: 0x6000_80b4, superWatchdogKey: 0x6000_80b8 } as const;
const KEY = { watchdog: 0x50d8_3aa1, superWatchdog: 0x8f1d_312a } as const;
const FEEDS_ITSELF = 0x8000_0000;

/** It tells the console of everything. */
class SilentTransport extends Transport {
  override trace(): void {}
}
const SILENT = { clean() {}, write() {}, writeLine() {} };

export class RomLoader {
  readonly #shape: WebSerialShape;
  readonly #port: EspPort;
  readonly #loader: ESPLoader;

  private constructor(shape: WebSerialShape, port: EspPort, loader: ESPLoader) {
    this.#shape = shape;
    this.#port = port;
    this.#loader = loader;
  }

  /** Resets into the loader where DTR and RTS are wired for it, and takes hold of the flash. ESP_SILENT, ESP_WRONG_CHIP, what opening says. */
  static async connect(port: EspPort): Promise<RomLoader> {
    const shape = new WebSerialShape(port);
    const transport = new SilentTransport(shape);
    const loader = new ESPLoader({ transport, baudrate: ROM_BAUD, romBaudrate: ROM_BAUD, terminal: SILENT });
    try {
      await loader.connect("default_reset", CONNECT_TRIES);
      if (loader.chip.CHIP_NAME !== CHIP) throw wrongChip(loader.chip.CHIP_NAME);
      loader.FLASH_WRITE_SIZE = ROM_BLOCK_BYTES;
      if (isOwnUsb(port)) await holdWatchdogs(loader);
      await attachFlash(loader);
    } catch (error) {
      await shape.close().catch(() => {});
      throw error instanceof AsicError ? error : silent(error);
    }
    return new RomLoader(shape, port, loader);
  }

  /** Does flash hold these bytes from there on? ESP_LOST. */
  async holds(offset: number, bytes: Uint8Array): Promise<boolean> {
    // The ROM answers in 32 letters, of which the library gives the codes.
    const codes = await this.#loader.flashMd5sum(offset, bytes.length).catch(lost("reading back"));
    const read = Buffer.from(codes, "hex").toString("latin1").toLowerCase();
    return read === createHash("md5").update(bytes).digest("hex");
  }

  /** Erases and writes. ESP_LOST when the chip stops answering or refuses. */
  async write(offset: number, bytes: Uint8Array, onShare: (share: number) => void): Promise<void> {
    await this.#loader
      .writeFlash({
        fileArray: [{ data: bytes, address: offset }],
        flashMode: "keep",
        flashFreq: "keep",
        flashSize: "keep",
        eraseAll: false,
        compress: true,
        reportProgress: (_, written, total) => onShare(total === 0 ? 1 : written / total),
      })
      .catch(lost("writing"));
  }

  /** Out of the loader, where RTS is wired to the chip's reset; otherwise a person does it. */
  async restart(clock: Clock): Promise<void> {
    await this.#port.setSignals({ dtr: false, rts: true });
    await clock.sleep(RESET_MS);
    await this.#port.setSignals({ rts: false });
  }

  close(): Promise<void> {
    return this.#shape.close();
  }
}

function isOwnUsb({ usb }: EspPort): boolean {
  return usb !== null && usb.vendorId === OWN_USB.vendorId && usb.productId === OWN_USB.productId;
}

/** On its own USB port the ROM leaves the watchdogs on, and they restart the chip in the middle of a long erase. */
async function holdWatchdogs(loader: ESPLoader): Promise<void> {
  await loader.writeReg(RTC.watchdogKey, KEY.watchdog);
  await loader.writeReg(RTC.watchdog, 0);
  await loader.writeReg(RTC.watchdogKey, 0);
  const now = await loader.readReg(RTC.superWatchdog);
  await loader.writeReg(RTC.superWatchdogKey, KEY.superWatchdog);
  await loader.writeReg(RTC.superWatchdog, (now | FEEDS_ITSELF) >>> 0);
  await loader.writeReg(RTC.superWatchdogKey, 0);
}

/** The library's own attaching is the stub's: the ROM wants a second word, and the flash's size. */
async function attachFlash(loader: ESPLoader): Promise<void> {
  await loader.checkCommand("attach the flash", loader.ESP_SPI_ATTACH, new Uint8Array(8));
  await loader.checkCommand("set the flash's size", SPI_SET_PARAMS, new Uint8Array(Uint32Array.from(FLASH_PARAMETERS).buffer));
}

function silent(cause: unknown): FirmwareError {
  const message = "No ESP32 answers in its loader.";
  const hint =
    "Hold BOOT while you plug the board in (on boards with a UART header: IO0 to ground, then reset), and name the port that then appears.";
  return new FirmwareError("ESP_SILENT", message, hint, {}, cause);
}

function wrongChip(chip: string): FirmwareError {
  const hint = "Nothing was written. These images are for the ESP32-S3 of a Bitaxe: is this another device's port?";
  return new FirmwareError("ESP_WRONG_CHIP", `The chip is an ${chip}, not an ${CHIP}.`, hint, { chip });
}

function lost(doing: string): (cause: unknown) => never {
  return (cause) => {
    if (cause instanceof AsicError) throw cause;
    const message = `The ESP32 stopped answering while ${doing}.`;
    const hint =
      "Check the cable, hold BOOT while you plug the board in, and give the same command again: its loader cannot be overwritten.";
    throw new FirmwareError("ESP_LOST", message, hint, {}, cause);
  };
}
