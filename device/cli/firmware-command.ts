import { type Command, Option } from "commander";
import { FIRMWARE_BOARD_NAMES } from "../../firmware-images/boards.ts";
import { finish } from "./finish.ts";

const FOLDER = "runs/firmware";

const json = () => new Option("--json", "print one JSON document");
const folder = () => new Option("--folder <folder>", "signed index, trusted key, files and journal").default(FOLDER);
const address = () => new Option("--address <url>", "a miner with AxeOS, such as http://192.168.1.23");
const port = () => new Option("--port <file>", "serial port of an ESP32-S3 in its loader");
const board = () => new Option("--board <name>", "what is printed on the board behind --port").choices(FIRMWARE_BOARD_NAMES);
const boardIsOff = () => new Option("--board-is-off", "you have cut the supply of the mining chips behind --port yourself");
const config = (what: string) => new Option("--config <file>", what);

const ORDER = `
Nothing is flashed unless the index bears the trusted key's signature, the file its hash, and the image is made for the board. A journal is
written before every step: \`firmware list\` says what was cut short and the command to go on with. docs/firmware.md says more.`;

export function addFirmwareCommand(root: Command): void {
  const firmware = root.command("firmware").description("signed images for ESP32-S3, AxeOS and the PIC of an S9: check, flash, go back");
  firmware
    .command("list")
    .description("images of the index, what of them is here, and what was begun and not ended; 1 when something was")
    .addOption(folder())
    .addOption(json())
    .action(async (options) => finish((await import("./firmware/look.ts")).firmwareListCommand(options)));
  firmware
    .command("verify")
    .description(
      "check the index, an image and its files, and keep those that are right; with a device, also what is on it; 1 when not right",
    )
    .argument("[image]", "NAME or NAME@VERSION")
    .argument("[file...]", "files of the image, as they were downloaded")
    .addOption(address())
    .addOption(port())
    .addOption(boardIsOff())
    .addOption(config("an S9 whose PIC is read and compared: it is switched off for that"))
    .addOption(folder())
    .addOption(json())
    .action(async (image, files, options) => finish((await import("./firmware/verify.ts")).firmwareVerifyCommand(image, files, options)));
  firmware
    .command("flash")
    .description("put an image on a device, read it back and start it; 1 when it is refused or not as it should be")
    .argument("<image>", "NAME or NAME@VERSION")
    .addOption(address())
    .addOption(port())
    .addOption(board())
    .addOption(boardIsOff())
    .addOption(config("the board behind --port, which is switched off first; refused while a daemon has it"))
    .option("--allow-downgrade", "also an image that is older than what is on the device")
    .option("--abandon", "give up another image that was begun there")
    .option("--while-mining", "also a miner whose firmware knows no pause")
    .option("--dry-run", "check everything here and say what would be done, without asking the device")
    .addOption(folder())
    .addOption(json())
    .addHelpText("after", ORDER)
    .action(async (image, options) => finish((await import("./firmware/flash.ts")).firmwareFlashCommand(image, options)));
  firmware
    .command("rollback")
    .description("back to what was on a device before the last flash")
    .addOption(address())
    .addOption(port())
    .addOption(boardIsOff())
    .addOption(config("the board behind --port, which is switched off first; refused while a daemon has it"))
    .addOption(folder())
    .addOption(json())
    .action(async (options) => finish((await import("./firmware/rollback.ts")).firmwareRollbackCommand(options)));
  firmware
    .command("read")
    .description("keep a copy of the flash of an S9 board's PIC; the board is switched off for that")
    .addOption(config("the S9").makeOptionMandatory())
    .requiredOption("--out <file>", "file to make: application and factory data, 6656 bytes")
    .addOption(json())
    .action(async (options) => finish((await import("./firmware/look.ts")).firmwareReadCommand(options)));
  firmware
    .command("sign")
    .description("check an index and sign it: writes FILE.minisig and trusted.pub beside it")
    .argument("<file>", "the index")
    .requiredOption("--key <file>", "Ed25519 private key (PEM), readable by you alone")
    .addOption(json())
    .action(async (file, options) => finish((await import("./firmware/sign.ts")).firmwareSignCommand(file, options)));
}
