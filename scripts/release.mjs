// Makes a release of the last commit, twice, in two folders, and stops when one byte differs:
//   node --import tsx scripts/release.mjs --key KEY.pem [--out FOLDER]
// FOLDER (build/release) then holds the .deb, the npm package, the bill of materials, SHA256SUMS, its signature and the public key.
// KEY.pem: Ed25519, `openssl genpkey -algorithm ed25519`. Checked by: minisign -Vm SHA256SUMS -p asic-reservoir.pub && sha256sum -c SHA256SUMS

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { sha256Of } from "../firmware-images/image-store.ts";
import { publicKeyFile, readPrivateKey, signBytes } from "../firmware-images/minisign.ts";
import { fail, ROOT } from "./prepare.mjs";

const OTHERS = 0o077;
const MADE = /\.(deb|tgz|cdx\.json)$/;

/** Files of a folder with their SHA-256, by name. */
export function sumsOf(folder) {
  const names = readdirSync(folder)
    .filter((name) => MADE.test(name))
    .sort();
  return names.map((name) => ({ name, sha256: sha256Of(readFileSync(path.join(folder, name))) }));
}

/** What the second build has otherwise than the first, in words; nothing when they are the same bytes. */
export function differences(first, second) {
  const names = [...new Set([...first, ...second].map(({ name }) => name))].sort();
  return names.flatMap((name) => {
    const [a, b] = [first, second].map((sums) => sums.find((each) => each.name === name)?.sha256 ?? "missing");
    return a === b ? [] : [`${name}: ${a} and ${b}`];
  });
}

/** Writes SHA256SUMS, its signature in minisign's form, and the public key. */
export function sealRelease(folder, privateKey, comment) {
  const sums = sumsOf(folder).map(({ name, sha256 }) => `${sha256}  ${name}\n`);
  const bytes = Buffer.from(sums.join(""));
  writeFileSync(path.join(folder, "SHA256SUMS"), bytes);
  writeFileSync(path.join(folder, "SHA256SUMS.minisig"), signBytes(bytes, privateKey, comment));
  writeFileSync(path.join(folder, "asic-reservoir.pub"), publicKeyFile(privateKey));
}

/** A build of the commit in a folder of its own: sources and everything made of them, with this checkout's modules. */
function build(commit, epoch, folder) {
  execFileSync("git", ["clone", "--quiet", "--no-checkout", ROOT, folder], { stdio: "inherit" });
  execFileSync("git", ["checkout", "--quiet", commit], { cwd: folder, stdio: "inherit" });
  symlinkSync(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"));
  const env = { ...process.env, SOURCE_DATE_EPOCH: epoch };
  const out = path.join(folder, "build/package");
  for (const [script, ...options] of [["package-deb.mjs"], ["package-npm.mjs", "--built"]])
    execFileSync(process.execPath, [path.join(folder, "scripts", script), ...options], { cwd: folder, env, stdio: "inherit" });
  return out;
}

function main() {
  const { values } = parseArgs({ options: { key: { type: "string" }, out: { type: "string" } } });
  if (values.key === undefined) fail("Name the private key: --key KEY.pem");
  if ((statSync(values.key).mode & OTHERS) !== 0) fail(`Others can read ${values.key}: chmod 600 it.`);
  const privateKey = readPrivateKey(readFileSync(values.key, "utf8"));
  const git = (...words) => execFileSync("git", words, { cwd: ROOT, encoding: "utf8" }).trim();
  const commit = git("rev-parse", "HEAD");
  const epoch = process.env.SOURCE_DATE_EPOCH ?? git("log", "-1", "--format=%ct");
  const out = path.resolve(values.out ?? path.join(ROOT, "build/release"));
  const shop = mkdtempSync(path.join(tmpdir(), "release-"));
  try {
    // Names of another length: a path that got into a file would show in its bytes.
    const [first, second] = ["first", "second-time"].map((name) => build(commit, epoch, path.join(shop, name)));
    const differing = differences(sumsOf(first), sumsOf(second));
    if (differing.length > 0) fail(`Two builds of ${commit} differ:\n  ${differing.join("\n  ")}`);
    mkdirSync(out, { recursive: true });
    for (const { name } of sumsOf(first)) cpSync(path.join(first, name), path.join(out, name));
  } finally {
    rmSync(shop, { recursive: true, force: true });
  }
  sealRelease(out, privateKey, `commit:${commit} built twice, the same bytes`);
  console.log(`${out}:\n${readFileSync(path.join(out, "SHA256SUMS"), "utf8")}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main();
