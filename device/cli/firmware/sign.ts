import { readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ConfigError } from "../../../common/errors.ts";
import { imageId, parseIndex } from "../../../firmware-images/manifest.ts";
import { publicKeyFile, readPrivateKey, signBytes } from "../../../firmware-images/minisign.ts";
import { answer } from "./answer.ts";

const OTHERS = 0o077;

export function firmwareSignCommand(file: string, { key, json }: { key: string; json?: boolean }): Promise<number> {
  return answer({ ...(json ? { json } : {}) }, async () => {
    const bytes = bytesOf(file);
    const index = parseIndex(bytes.toString("utf8"));
    const pem = bytesOf(key).toString("utf8");
    if ((statSync(key).mode & OTHERS) !== 0) throw openKey(key);
    const privateKey = readPrivateKey(pem);
    const trusted = publicKeyFile(privateKey);
    writeFileSync(`${file}.minisig`, signBytes(bytes, privateKey, `serial:${index.serial} file:${path.basename(file)}`));
    writeFileSync(path.join(path.dirname(file), "trusted.pub"), trusted);
    const text = `Signed number ${index.serial} with ${index.images.length} images. Whoever shall trust it needs trusted.pub:\n${trusted.trim()}`;
    return { text, document: { serial: index.serial, images: index.images.map(imageId), publicKey: trusted.trim().split("\n")[1] } };
  });
}

function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new ConfigError("FIRMWARE_NO_FILE", `Cannot read ${file}.`, "Check the path and whose file it is.", { file }, cause);
  }
}

function openKey(file: string): ConfigError {
  const message = `Others can read the private key ${file}.`;
  return new ConfigError("FIRMWARE_KEY_OPEN", message, `chmod 600 ${file}; if others had it for long, make a new one.`, { file });
}
