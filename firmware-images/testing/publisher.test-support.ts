/** Somebody who publishes images: a key, files, an index that names them, and a folder of all that. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ImageStore, sha256Of } from "../image-store.ts";
import type { AxeosImage, FirmwareImage, PicImage, SerialImage } from "../manifest.ts";
import { publicKeyFile, signBytes } from "../minisign.ts";

export const publisherKey = (): KeyObject => generateKeyPairSync("ed25519").privateKey;

const common = { source: "https://example.org/releases", licence: "GPL-3.0" };
const partOf = (file: string, bytes: Uint8Array) => ({ file, sizeBytes: bytes.length, sha256: sha256Of(bytes) });

/** Bytes that neither compress to nothing nor hide what SLIP must escape. */
export function firmwareBytes(seed: number, count: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: count }, (_, i) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return i % 7 === 0 ? 0xc0 : i % 11 === 0 ? 0xdb : state >>> 24;
  });
}

export function serialImage(version: string, parts: readonly { readonly offset: number; readonly bytes: Uint8Array }[]): SerialImage {
  return {
    ...common,
    name: "bitaxe-raw",
    version,
    boards: ["bitaxe-ultra-205"],
    method: "esp32s3-serial",
    parts: parts.map(({ offset, bytes }, i) => ({ ...partOf(`part-${i}.bin`, bytes), offset })),
  };
}

export function axeosImage(version: string, firmware: Uint8Array, www: Uint8Array | null = null): AxeosImage {
  return {
    ...common,
    name: "esp-miner",
    version,
    boards: ["bitaxe-ultra-205"],
    method: "axeos-ota",
    reports: version,
    parts: [
      { ...partOf("esp-miner.bin", firmware), slot: "firmware" },
      ...(www === null ? [] : [{ ...partOf("www.bin", www), slot: "www" as const }]),
    ],
  };
}

export function picImage(version: string, word: number, bytes: Uint8Array): PicImage {
  return { ...common, name: "s9-pic", version, boards: ["s9-hashboard"], method: "s9-pic", parts: [{ ...partOf("pic.bin", bytes), word }] };
}

export function publish(folder: string, key: KeyObject, serial: number, images: readonly FirmwareImage[]): void {
  const index = Buffer.from(JSON.stringify({ format: 1, serial, created: "2026-01-01T00:00:00Z", images }));
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "index.json"), index);
  writeFileSync(path.join(folder, "index.json.minisig"), signBytes(index, key, `serial:${serial}`));
  writeFileSync(path.join(folder, "trusted.pub"), publicKeyFile(key));
}

/** A store in a new folder that holds these images, and their files. */
export function stocked(images: readonly FirmwareImage[], files: readonly Uint8Array[]): ImageStore {
  const folder = mkdtempSync(path.join(tmpdir(), "firmware-"));
  publish(folder, publisherKey(), 1, images);
  const store = new ImageStore(folder);
  for (const bytes of files) for (const image of images) store.take(image, bytes);
  return store;
}
