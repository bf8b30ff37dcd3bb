import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boardOfAxeos } from "./boards.ts";
import { requireFit } from "./fitness.ts";
import { type FirmwareImage, findImage, parseIndex } from "./manifest.ts";
import { axeosImage, firmwareBytes, picImage, serialImage } from "./testing/publisher.test-support.ts";
import { compareVersions } from "./version-order.ts";

const BYTES = firmwareBytes(7, 4_097);
const index = (...images: unknown[]) => JSON.stringify({ format: 1, serial: 1, created: "2026-01-01T00:00:00Z", images });
const SERIAL = serialImage("1.0.0", [{ offset: 0, bytes: BYTES }]);
const AXEOS = axeosImage("v2.9.0", BYTES, BYTES);
const PIC = picImage("3", 0x300, BYTES.subarray(0, 4_096));

function bad(image: FirmwareImage, change: Record<string, unknown>): string {
  return index({ ...image, ...change });
}

function badPart(image: FirmwareImage, change: Record<string, unknown>): string {
  return bad(image, { parts: [{ ...image.parts[0], ...change }] });
}

describe("an index", () => {
  it("is read when every image in it is whole", () => {
    expect(parseIndex(index(SERIAL, AXEOS, PIC)).images).toEqual([SERIAL, AXEOS, PIC]);
  });

  it.each([
    ["no JSON", "{"],
    ["an unknown key", bad(SERIAL, { sha1: "x" })],
    ["a board that is none", bad(SERIAL, { boards: ["bitaxe-ulta"] })],
    ["no https", bad(SERIAL, { source: "http://example.org" })],
    ["a file outside its folder", badPart(SERIAL, { file: "../firmware.bin" })],
    ["a short hash", badPart(SERIAL, { sha256: "00" })],
    ["an offset within a sector", badPart(SERIAL, { offset: 4_095 })],
    ["an end beyond the flash", badPart(SERIAL, { offset: 16 * 1024 * 1024 - 4_096 })],
    [
      "two parts in one sector",
      index(
        serialImage("1", [
          { offset: 0, bytes: BYTES },
          { offset: 4_096, bytes: BYTES },
        ]),
      ),
    ],
    ["two parts for one slot", bad(AXEOS, { parts: [AXEOS.parts[0], AXEOS.parts[0]] })],
    ["www without firmware", bad(AXEOS, { parts: [AXEOS.parts[1]] })],
    ["words of the PIC's loader", badPart(PIC, { word: 0x2f8 })],
    ["words beyond the PIC's flash", badPart(PIC, { word: 0xff8 })],
    ["half a read of the PIC", badPart(PIC, { sizeBytes: 24 * 3 })],
    ["one image twice", index(SERIAL, SERIAL)],
  ])("with %s is refused", (_, text) => {
    expect(() => parseIndex(text)).toThrow(expect.objectContaining({ code: "FIRMWARE_INDEX_INVALID" }));
  });

  it("finds an image by name when there is one version, else by name and version", () => {
    const two = parseIndex(index(SERIAL, serialImage("1.1.0", [{ offset: 0, bytes: BYTES }]), AXEOS));
    expect(findImage(two, "esp-miner").version).toBe("v2.9.0");
    expect(findImage(two, "bitaxe-raw@1.1.0").version).toBe("1.1.0");
    for (const wanted of ["bitaxe-raw", "bitaxe-raw@1.2.0", ""])
      expect(() => findImage(two, wanted)).toThrow(expect.objectContaining({ code: "FIRMWARE_UNKNOWN_IMAGE" }));
  });
});

describe("whether an image is fit for a device", () => {
  it("goes by the board first, and an unknown board fits none", () => {
    for (const board of ["bitaxe-ultra-207", null] as const)
      expect(() => requireFit(SERIAL, { board, version: null }, true)).toThrow(expect.objectContaining({ code: "FIRMWARE_WRONG_BOARD" }));
    requireFit(SERIAL, { board: "bitaxe-ultra-205", version: null }, false);
  });

  it.each([
    ["0.9.9", true],
    ["1.0.0", true],
    ["1.0.0-rc1", true],
    ["1.0.1", false],
    ["1.0.0.1", false],
    ["nightly", false],
  ])("goes from %s without being asked: %s", (version, may) => {
    const judged = () => requireFit(SERIAL, { board: "bitaxe-ultra-205", version }, false);
    if (may) judged();
    else expect(judged).toThrow(expect.objectContaining({ code: "FIRMWARE_DOWNGRADE" }));
    requireFit(SERIAL, { board: "bitaxe-ultra-205", version }, true);
  });

  it("knows an AxeOS by model and board version together", () => {
    expect(boardOfAxeos({ asicModel: "BM1366", boardVersion: "205" })).toBe("bitaxe-ultra-205");
    expect(boardOfAxeos({ asicModel: "BM1366", boardVersion: "0.11" })).toBe("lucky-miner-lv06");
    expect(boardOfAxeos({ asicModel: "BM1370", boardVersion: "205" })).toBeNull();
  });
});

describe("versions", () => {
  it("are ordered, whatever the two are", () => {
    const version = fc
      .tuple(fc.array(fc.nat(12), { minLength: 1, maxLength: 4 }), fc.option(fc.stringMatching(/^(rc|beta)\d$/)))
      .map(([numbers, suffix]) => `${numbers.join(".")}${suffix === null ? "" : `-${suffix}`}`);
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        const order = (x: string, y: string) => Math.sign(compareVersions(x, y) as number);
        expect(order(a, b)).toBe(0 - order(b, a) + 0);
        expect(order(a, `v${a}`)).toBe(0);
        if (order(a, b) <= 0 && order(b, c) <= 0) expect(order(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
