import { readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ImageStore } from "./image-store.ts";
import { firmwareBytes, publish, publisherKey, serialImage, stocked } from "./testing/publisher.test-support.ts";

const BYTES = firmwareBytes(5, 5_000);
const IMAGE = serialImage("1.0.0", [{ offset: 0, bytes: BYTES }]);

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function store(files: readonly Uint8Array[] = []): ImageStore {
  const made = stocked([IMAGE], files);
  folders.push(made.folder);
  return made;
}

const coded = (code: string) => expect.objectContaining({ code });

describe("the folder of images", () => {
  it("gives what its trusted key signed, and the files it names", () => {
    const { folder } = store([BYTES]);
    const again = new ImageStore(folder);
    expect(again.index().images).toEqual([IMAGE]);
    expect(again.parts(IMAGE)).toMatchObject([{ bytes: Buffer.from(BYTES) }]);
  });

  it("gives nothing when the index, its signature or the key is another", () => {
    const { folder } = store();
    const index = path.join(folder, "index.json");
    writeFileSync(index, JSON.stringify({ format: 1, serial: 9, created: "2026-01-01T00:00:00Z", images: [] }));
    expect(() => new ImageStore(folder).index()).toThrow(coded("FIRMWARE_SIGNATURE"));
    publish(folder, publisherKey(), 2, [IMAGE]);
    expect(new ImageStore(folder).index().serial).toBe(2);
    rmSync(path.join(folder, "trusted.pub"));
    expect(() => new ImageStore(folder).index()).toThrow(coded("FIRMWARE_INDEX_MISSING"));
  });

  it("refuses an index older than one it has seen, though it is signed", () => {
    const { folder } = store();
    const key = publisherKey();
    publish(folder, key, 5, [IMAGE]);
    new ImageStore(folder).index();
    publish(folder, key, 4, [IMAGE]);
    expect(() => new ImageStore(folder).index()).toThrow(coded("FIRMWARE_INDEX_OLD"));
    publish(folder, key, 5, [IMAGE]);
    expect(new ImageStore(folder).index().serial).toBe(5);
  });

  it("takes no file in that is not the image's, by one byte or by its length", () => {
    const images = store();
    const other = Uint8Array.from(BYTES);
    other[4_000] = (other[4_000] as number) ^ 1;
    expect([images.take(IMAGE, other), images.take(IMAGE, BYTES.subarray(1))]).toEqual([null, null]);
    expect(() => images.parts(IMAGE)).toThrow(coded("FIRMWARE_FILE_MISSING"));
    expect(images.take(IMAGE, BYTES)).toEqual(IMAGE.parts[0]);
    expect(images.parts(IMAGE)).toHaveLength(1);
  });

  it("hashes a file again whenever it is used", () => {
    const images = store([BYTES]);
    const [name = ""] = readdirSync(path.join(images.folder, "files"));
    writeFileSync(path.join(images.folder, "files", name), firmwareBytes(6, BYTES.length));
    expect(() => images.parts(IMAGE)).toThrow(coded("FIRMWARE_HASH"));
  });
});
