// A disk image from a system and a state: partition table, GRUB for EFI, system A, an empty system B, the state.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const MIB = 2 ** 20;
const SECTOR_BYTES = 512;
const GRUB_MODULES = [
  ...["part_gpt", "fat", "squash4", "normal", "configfile", "linux", "loadenv", "test", "echo", "regexp", "reboot", "boot", "minicmd"],
  ...["all_video", "efi_gop", "gzio"],
];

const run = (command, ...words) => execFileSync(command, words, { stdio: ["ignore", "ignore", "pipe"] });

/** Partitions of image/partitions.sfdisk in a file of that size: [{startBytes, bytes}]. */
function partition(disk, bytes) {
  rmSync(disk, { force: true });
  writeFileSync(disk, "");
  truncateSync(disk, bytes);
  execFileSync("sfdisk", ["--quiet", disk], {
    input: readFileSync(path.join(HERE, "partitions.sfdisk")),
    stdio: ["pipe", "ignore", "pipe"],
  });
  const { partitiontable } = JSON.parse(execFileSync("sfdisk", ["--json", disk], { encoding: "utf8" }));
  return partitiontable.partitions.map(({ start, size }) => ({ startBytes: start * SECTOR_BYTES, bytes: size * SECTOR_BYTES }));
}

function copyInto(disk, file, { startBytes, bytes }) {
  if (statSync(file).size > bytes) throw new Error(`${file} has ${statSync(file).size} bytes, its partition ${bytes}.`);
  run("dd", `if=${file}`, `of=${disk}`, "bs=1M", `seek=${startBytes / MIB}`, "conv=notrunc,sparse");
}

/** EFI's partition: GRUB where firmware looks without being told, its decision, and its memory of tries. */
function bootPartition(file, bytes, shop, kernelWords) {
  const efi = path.join(shop, "BOOTX64.EFI");
  run("grub-mkimage", "-O", "x86_64-efi", "-p", "/grub", "-o", efi, ...GRUB_MODULES);
  const grubenv = path.join(shop, "grubenv");
  rmSync(grubenv, { force: true });
  run("grub-editenv", grubenv, "create");
  run("grub-editenv", grubenv, "set", "ORDER=A B", "A_OK=1", "A_TRY=0", "B_OK=0", "B_TRY=0", `KERNEL_WORDS=${kernelWords}`);
  rmSync(file, { force: true });
  run("mkfs.vfat", "-C", "-n", "BOOT", file, String(bytes / 1024));
  run("mmd", "-i", file, "::/EFI", "::/EFI/BOOT", "::/grub");
  run("mcopy", "-i", file, efi, "::/EFI/BOOT/BOOTX64.EFI");
  run("mcopy", "-i", file, path.join(HERE, "grub.cfg"), grubenv, "::/grub");
}

/** The state before the first start: what is laid over /etc, and nothing else. */
function statePartition(file, bytes, shop, etc) {
  const state = path.join(shop, "state");
  rmSync(state, { recursive: true, force: true });
  mkdirSync(path.join(state, "etc/upper"), { recursive: true });
  if (etc !== undefined) cpSync(etc, path.join(state, "etc/upper"), { recursive: true, verbatimSymlinks: true });
  run("chown", "-R", "0:0", state);
  rmSync(file, { force: true });
  run("mke2fs", "-q", "-t", "ext4", "-L", "state", "-d", state, file, String(bytes / 1024));
}

/**
 * Writes the disk image `disk` of `mib` MiB.
 * @param {{disk: string, mib: number, system: string, etc?: string, shop: string, kernelWords?: string}} parts `system`: a squashfs; `etc`: a folder laid over /etc;
 *   `shop`: a folder for what is made on the way
 */
export function makeDisk({ disk, mib, system, etc, shop, kernelWords = "" }) {
  const [boot, a, , state] = partition(disk, mib * MIB);
  const at = (name) => path.join(shop, name);
  bootPartition(at("boot.vfat"), boot.bytes, shop, kernelWords);
  statePartition(at("state.ext4"), state.bytes, shop, etc);
  copyInto(disk, at("boot.vfat"), boot);
  copyInto(disk, system, a);
  copyInto(disk, at("state.ext4"), state);
}
