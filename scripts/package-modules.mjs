// Which node modules a package brings: those of the lock file that the program needs, and of each what it needs to run.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

/** Production packages of a lock file that are installed under `root`: {folder, name, version, license, integrity}, sorted by folder. */
export function productionModules(root) {
  const lock = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8"));
  return Object.entries(lock.packages)
    .filter(([folder, entry]) => folder !== "" && !entry.dev && !entry.devOptional && !entry.link && existsSync(path.join(root, folder)))
    .map(([folder, { version, license, integrity }]) => {
      const name = folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);
      return { folder, name, version, license: license ?? null, integrity: integrity ?? null };
    })
    .sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

/** Sources and other platforms' binaries: the larger part of what npm installs. `file` is relative to the module's folder. */
export function neededToRun(name, file, arch = process.arch) {
  const at = (folder) => file === folder || file.startsWith(`${folder}/`);
  if (/\.(md|markdown|ts|mts|cts|map|gyp|gypi|cc|cpp|c|h|hpp|o|a|d|mk|Makefile)$/i.test(file) && !/licen[cs]e/i.test(file)) return false;
  if (/(^|\/)(\.github|\.vscode|test|tests|__tests__|example|examples|benchmarks?|docs)(\/|$)/.test(file)) return false;
  if (/(^|\/)\.[a-z][^/]*$/.test(file)) return false;
  if (name === "better-sqlite3") return !at("deps") && !at("src") && (!at("build") || leadsTo(file, "build/Release/better_sqlite3.node"));
  // Programs of the maker for the chip itself, which this one does not put there, and everything once more in one file.
  if (name === "esptool-js") return !at("bundle.js") && !at("lib/targets/stub_flasher");
  // Debian's C library is no musl.
  if (file.endsWith(".musl.node")) return false;
  if (file.startsWith("prebuilds/")) return file.startsWith(`prebuilds/linux-${arch}/`) || file === `prebuilds/linux-${arch}`;
  return true;
}

/** The file itself, or a folder on the way to it. */
function leadsTo(file, target) {
  return file === target || target.startsWith(`${file}/`);
}
