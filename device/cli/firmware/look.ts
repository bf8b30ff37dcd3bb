import { existsSync, writeFileSync } from "node:fs";
import { ConfigError } from "../../../common/errors.ts";
import { imageId, PIC_FLASH } from "../../../firmware-images/manifest.ts";
import { whatNext } from "../../../firmware-images/what-next.ts";
import { loadConfig } from "../../config/load.ts";
import { picWiring, readPicFlash } from "../../firmware/read-pic.ts";
import { switchOff } from "../../guard/switch-off.ts";
import { EXIT } from "../exit.ts";
import { table } from "../table.ts";
import { answer, type FolderOptions, hostParts, openStore } from "./answer.ts";

const DEFAULT_FOLDER = "runs/firmware";

export function firmwareListCommand(options: FolderOptions): Promise<number> {
  return answer(options, async () => {
    const { store, journal } = openStore(options);
    const records = journal.all();
    const folder = options.folder === DEFAULT_FOLDER ? null : options.folder;
    const unfinished = records.flatMap((record) => {
      const next = whatNext(record, folder);
      return next === null ? [] : [{ target: record.target, image: record.image, step: record.step, ...next }];
    });
    const images = store.index().images.map((image) => ({
      image: imageId(image),
      method: image.method,
      boards: image.boards,
      here: image.parts.every((part) => store.has(part)),
      source: image.source,
      on: records.filter(({ history }) => history.at(-1)?.image === imageId(image)).map(({ target }) => target),
    }));
    const rows = images.map(({ image, method, boards, here, on, source }) => [
      image,
      method,
      boards.join(" "),
      here ? "here" : source,
      on.join(" "),
    ]);
    const list = table(["image", "method", "boards", "files", "on"], rows);
    const open = unfinished.map(
      ({ target, image, step, state, command }) => `\n${target}: ${image} got as far as "${step}". ${state}\n  next: ${command}`,
    );
    return {
      text: [list, ...open].join("\n"),
      document: { images, unfinished },
      code: unfinished.length > 0 ? EXIT.no : EXIT.good,
    };
  });
}

export function firmwareReadCommand({ config, out, json }: { config: string; out: string; json?: boolean }): Promise<number> {
  return answer({ ...(json ? { json } : {}) }, async () => {
    const board = loadConfig(config);
    if (existsSync(out)) throw fileThere(out);
    picWiring(board);
    const parts = hostParts();
    await switchOff(board, parts);
    const area = { pointer: PIC_FLASH.fromWord, bytes: 2 * PIC_FLASH.words };
    const [bytes] = await readPicFlash(board, [area], parts);
    writeFileSync(out, bytes as Uint8Array, { flag: "wx" });
    const text = `${out}: words 0x${area.pointer.toString(16)} to 0xfff, ${area.bytes} bytes. The board is off.`;
    return { text, document: { out, fromWord: area.pointer, bytes: area.bytes } };
  });
}

function fileThere(file: string): ConfigError {
  return new ConfigError("FIRMWARE_FILE_THERE", `${file} is there already.`, "Name another: a copy of a PIC is not written over.", {
    file,
  });
}
