/** For a person who finds a flasher cut short: what the device is now, and the one command to go on with. */
import type { FlashRecord, FlashStep } from "./journal.ts";

export interface WhatNext {
  readonly state: string;
  readonly command: string;
}

const UNTOUCHED = "Nothing was written.";
const STATES: Readonly<Record<FlashRecord["method"], Readonly<Record<Exclude<FlashStep, "done">, string>>>> = {
  "esp32s3-serial": {
    checked: UNTOUCHED,
    stopped: `${UNTOUCHED} Whether the chips are off was not seen.`,
    connected: `${UNTOUCHED} The chips are off. The ESP32 waits in its loader, which is in its mask ROM and cannot be overwritten.`,
    writing: "The flash holds part of the image and does not start. The ESP32's loader is in its mask ROM: hold BOOT while you plug it in.",
    restarting: "The whole image is there and was read back right; the board was not restarted.",
    verifying: "The whole image is there; whether it was read back right is not recorded.",
  },
  "axeos-ota": {
    checked: UNTOUCHED,
    stopped: `${UNTOUCHED} The miner may be paused: a restart of it lets it go on.`,
    connected: `${UNTOUCHED} The miner may be paused: a restart of it lets it go on.`,
    writing:
      "The miner runs what it ran before; the slot that is not running holds part of the image. A part for www leaves the web page broken.",
    restarting: "The miner has the whole image and restarts, or has restarted.",
    verifying: "The miner has restarted; whether it runs the new image was not seen.",
  },
  "s9-pic": {
    checked: "Nothing is ever written there.",
    stopped: "Nothing was written. Whether the board is off was not seen.",
    connected: "Nothing was written. The PIC may wait in its loader, in which its output is off.",
    writing: "Nothing is ever written there.",
    restarting: "Nothing was written. The PIC may wait in its loader, in which its output is off.",
    verifying: "Nothing was written. The PIC may wait in its loader, in which its output is off.",
  },
};

/** null when nothing is unfinished. `folder` is named where it is not the one that is looked into by itself. */
export function whatNext(record: FlashRecord, folder: string | null): WhatNext | null {
  const { method, step, target, image, board, said } = record;
  if (step === "done") return null;
  const verb = method === "s9-pic" ? "verify" : "flash";
  const device = {
    "esp32s3-serial": ["--port", target, "--board", board],
    "axeos-ota": ["--address", target],
    "s9-pic": ["--config", target],
  }[method];
  const where = folder === null ? [] : ["--folder", folder];
  const words = ["asic-reservoir", "firmware", verb, image, ...device, ...said, ...where];
  return { state: STATES[method][step], command: words.map(shellWord).join(" ") };
}

/** As a shell takes it for one word. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
