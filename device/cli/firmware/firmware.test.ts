/** The firmware commands as far as they need no device: what they answer, and with which exit code. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { axeosImage, firmwareBytes, publisherKey, serialImage } from "../../../firmware-images/testing/publisher.test-support.ts";
import { firmwareFlashCommand } from "./flash.ts";
import { firmwareListCommand, firmwareReadCommand } from "./look.ts";
import { firmwareRollbackCommand } from "./rollback.ts";
import { firmwareSignCommand } from "./sign.ts";
import { firmwareVerifyCommand } from "./verify.ts";

const BYTES = firmwareBytes(21, 9_000);
const SERIAL = serialImage("1.0.0", [{ offset: 0, bytes: BYTES }]);
const AXEOS = axeosImage("v2.9.0", BYTES);

let shop = "";
let folder = "";
let said = "";
beforeEach(() => {
  shop = mkdtempSync(path.join(tmpdir(), "firmware-cli-"));
  folder = path.join(shop, "images");
  mkdirSync(folder);
  said = "";
  const hear = (text: string | Uint8Array) => {
    said += text;
    return true;
  };
  vi.spyOn(process.stdout, "write").mockImplementation(hear);
  vi.spyOn(process.stderr, "write").mockImplementation(hear);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(shop, { recursive: true, force: true });
});

const file = (name: string, content: string | Uint8Array) => {
  writeFileSync(path.join(shop, name), content);
  return path.join(shop, name);
};

async function signed(serial = 1): Promise<number> {
  const key = file("key.pem", publisherKey().export({ type: "pkcs8", format: "pem" }) as string);
  chmodSync(key, 0o600);
  writeFileSync(
    path.join(folder, "index.json"),
    JSON.stringify({ format: 1, serial, created: "2026-01-01T00:00:00Z", images: [SERIAL, AXEOS] }),
  );
  return firmwareSignCommand(path.join(folder, "index.json"), { key });
}

describe("firmware sign, verify and list", () => {
  it("make a folder of images that are right, from an index, a key and files", async () => {
    expect(await signed()).toBe(0);
    expect(await firmwareVerifyCommand(undefined, [], { folder })).toBe(0);
    expect(await firmwareVerifyCommand("bitaxe-raw", [], { folder })).toBe(2);
    expect(await firmwareVerifyCommand("bitaxe-raw", [file("a.bin", BYTES)], { folder })).toBe(0);
    said = "";
    expect(await firmwareListCommand({ folder, json: true })).toBe(0);
    expect(JSON.parse(said)).toMatchObject({ images: [{ image: "bitaxe-raw@1.0.0", here: true, on: [] }, { here: true }], unfinished: [] });
  });

  it("answer no to a file or an index that was changed, and say that it is usage to name what there is not", async () => {
    await signed(4);
    expect(await firmwareVerifyCommand("bitaxe-raw", [file("a.bin", firmwareBytes(22, 9_000))], { folder })).toBe(1);
    expect(said).toContain("FIRMWARE_HASH");
    expect(await firmwareVerifyCommand("esp-mine", [], { folder })).toBe(2);
    await expect(firmwareVerifyCommand("bitaxe-raw", [path.join(shop, "none")], { folder })).rejects.toMatchObject({
      code: "FIRMWARE_NO_FILE",
    });
    writeFileSync(path.join(folder, "index.json"), "{}");
    expect(await firmwareListCommand({ folder })).toBe(1);
    await signed(3);
    expect(await firmwareListCommand({ folder })).toBe(1);
    expect(said).toContain("FIRMWARE_INDEX_OLD");
    expect(await firmwareListCommand({ folder: shop })).toBe(2);
  });

  it("sign with no key that others can read, and no index that is wrong", async () => {
    await signed();
    const index = path.join(folder, "index.json");
    const open = file("open.pem", publisherKey().export({ type: "pkcs8", format: "pem" }) as string);
    chmodSync(open, 0o640);
    await expect(firmwareSignCommand(index, { key: open })).rejects.toMatchObject({ code: "FIRMWARE_KEY_OPEN" });
    writeFileSync(index, "{}");
    chmodSync(open, 0o600);
    expect(await firmwareSignCommand(index, { key: open })).toBe(1);
  });
});

describe("firmware flash", () => {
  const port = "/dev/null";
  beforeEach(async () => {
    await signed();
    await firmwareVerifyCommand("bitaxe-raw", [file("a.bin", BYTES)], { folder });
    said = "";
  });

  it("says what it would do, without doing it", async () => {
    expect(await firmwareFlashCommand("bitaxe-raw", { folder, port, board: "bitaxe-ultra-205", dryRun: true })).toBe(0);
    expect(said).toContain("part-0.bin, 9000 bytes, to 0x0");
    expect(await firmwareFlashCommand("esp-miner", { folder, address: "http://192.168.1.2", dryRun: true })).toBe(0);
  });

  it.each([
    ["no device", {}, "FIRMWARE_DEVICE"],
    ["two devices", { port, address: "http://192.168.1.2" }, "FIRMWARE_DEVICE"],
    ["a way that the image does not go", { address: "http://192.168.1.2" }, "FIRMWARE_METHOD"],
    ["a port that is not there", { port: "/dev/no-such-port", board: "bitaxe-ultra-205" as const }, "FIRMWARE_PORT"],
    ["nobody's word that the chips are off", { port, board: "bitaxe-ultra-205" as const }, "FIRMWARE_BOARD_ON"],
  ])("is refused with %s", async (_, options, code) => {
    await expect(firmwareFlashCommand("bitaxe-raw", { folder, ...options })).rejects.toMatchObject({ code });
  });

  it("is refused for another board, and for one that was not named", async () => {
    expect(await firmwareFlashCommand("bitaxe-raw", { folder, port, board: "bitaxe-ultra-207", boardIsOff: true })).toBe(1);
    expect(await firmwareFlashCommand("bitaxe-raw", { folder, port, boardIsOff: true })).toBe(1);
    expect(said).toContain("FIRMWARE_WRONG_BOARD");
  });

  it("cannot be taken back where nothing was flashed", async () => {
    expect(await firmwareRollbackCommand({ folder, port })).toBe(1);
    expect(await firmwareRollbackCommand({ folder, address: "http://192.168.1.2" })).toBe(1);
  });
});

describe("firmware read", () => {
  it("keeps what is there, and asks no board that has no PIC", async () => {
    const config = file("rig.yaml", "origin: twin\nboard: { kind: bitaxe-ultra, control: a, data: b }\n");
    await expect(firmwareReadCommand({ config, out: file("old.bin", "x") })).rejects.toMatchObject({ code: "FIRMWARE_FILE_THERE" });
    await expect(firmwareReadCommand({ config, out: path.join(shop, "new.bin") })).rejects.toMatchObject({ code: "FIRMWARE_NO_PIC" });
  });
});
