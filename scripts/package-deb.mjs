// Builds build/package/asic-reservoir_VERSION_ARCH.deb with this node inside, an SBOM and SHA256SUMS:
//   node scripts/package-deb.mjs [--out FOLDER] [--built]        --built: package what is built, build nothing
// Every time in it is SOURCE_DATE_EPOCH (or the last commit's), so that two builds of one tree are the same bytes.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { neededToRun, productionModules } from "./package-modules.mjs";
import { sbom } from "./package-sbom.mjs";
import { fail, prepare, ROOT } from "./prepare.mjs";

const ARCHITECTURES = { x64: "amd64", arm64: "arm64", arm: "armhf" };
// Whoever builds a package for others puts their own name in, as Debian's tools have it.
const { DEBFULLNAME = "asic-reservoir", DEBEMAIL = "maintainer@example.org" } = process.env;
const MAINTAINER = `${DEBFULLNAME} <${DEBEMAIL}>`;
const PROGRAM = "usr/lib/asic-reservoir";
const DOC = "usr/share/doc/asic-reservoir";

const { values } = parseArgs({ options: { out: { type: "string" }, built: { type: "boolean", default: false } } });
const out = path.resolve(values.out ?? path.join(ROOT, "build/package"));
const manifest = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));
const arch = ARCHITECTURES[process.arch] ?? fail(`There is no Debian architecture for ${process.arch} here.`);
const epoch = Number(process.env.SOURCE_DATE_EPOCH ?? execFileSync("git", ["log", "-1", "--format=%ct"], { cwd: ROOT, encoding: "utf8" }));
if (!Number.isSafeInteger(epoch)) fail("SOURCE_DATE_EPOCH must be a whole number of seconds since 1970.");
if (!values.built) prepare();

const stage = path.join(out, `stage-${process.pid}`);
const at = (file) => path.join(stage, file);

function put(file, bytes, mode = 0o644) {
  mkdirSync(path.dirname(at(file)), { recursive: true });
  writeFileSync(at(file), bytes);
  chmodSync(at(file), mode);
}

function copy(from, to, mode = 0o644) {
  mkdirSync(path.dirname(at(to)), { recursive: true });
  copyFileSync(from, at(to));
  chmodSync(at(to), mode);
}

/** Files of a folder, relative to it, of folders too only those that are wanted. Links are left out: npm makes them for commands alone. */
function* filesOf(folder, wanted, inner = "") {
  for (const { name } of readdirSync(path.join(folder, inner), { withFileTypes: true })) {
    const file = path.join(inner, name);
    const status = lstatSync(path.join(folder, file));
    if (!wanted(file)) continue;
    if (status.isDirectory()) yield* filesOf(folder, wanted, file);
    else if (status.isFile()) yield file;
  }
}

/** A program or library without what only a debugger needs. */
function copyStripped(from, to, mode) {
  copy(from, to, mode);
  execFileSync("strip", ["--strip-unneeded", "--remove-section=.comment", at(to)]);
}

function copyTree(from, to, wanted = () => true) {
  // Commands of modules are nobody's commands here: none is executable.
  for (const file of filesOf(from, wanted))
    (file.endsWith(".node") ? copyStripped : copy)(path.join(from, file), path.join(to, file), 0o644);
}

function putProgram(modules) {
  copyTree(path.join(ROOT, "dist"), `${PROGRAM}/dist`, (file) => !file.endsWith(".map"));
  for (const file of filesOf(path.join(ROOT, "build/native/release"), (name) => name.endsWith(".node")))
    copyStripped(path.join(ROOT, "build/native/release", file), `${PROGRAM}/build/native/release/${file}`, 0o644);
  // A module's own modules are in the list themselves.
  for (const { folder, name } of modules)
    copyTree(path.join(ROOT, folder), `${PROGRAM}/${folder}`, (file) => file !== "node_modules" && neededToRun(name, file));
  const { name, version, license, type, exports, imports } = manifest;
  put(`${PROGRAM}/package.json`, `${JSON.stringify({ name, version, license, private: true, type, exports, imports }, null, 2)}\n`);
  copyStripped(process.execPath, `${PROGRAM}/bin/node`, 0o755);
  put("usr/bin/asic-reservoir", `#!/bin/sh\nexec /${PROGRAM}/bin/node /${PROGRAM}/dist/device/cli/main.js "$@"\n`, 0o755);
}

function putSystem() {
  const from = path.join(ROOT, "systemd");
  for (const name of readdirSync(from).sort()) {
    if (/\.(service|timer)$/.test(name)) copy(path.join(from, name), `lib/systemd/system/${name}`);
    if (/\.rules$/.test(name)) copy(path.join(from, name), `lib/udev/rules.d/${name}`);
  }
  copy(path.join(from, "asic-reservoir.sysusers"), "usr/lib/sysusers.d/asic-reservoir.conf");
  copy(path.join(from, "asic-reservoir.tmpfiles"), "usr/lib/tmpfiles.d/asic-reservoir.conf");
  for (const name of ["backup-record", "keep-newest"]) copy(path.join(from, name), `${PROGRAM}/systemd/${name}`, 0o755);
}

/** What the program says of itself: manual page and completions. */
function putFromProgram() {
  const said = (...words) =>
    execFileSync(process.execPath, [path.join(ROOT, "dist/device/cli/main.js"), ...words], {
      maxBuffer: 2 ** 26,
      stdio: ["ignore", "pipe", "inherit"],
    });
  put("usr/share/man/man1/asic-reservoir.1.gz", gzipSync(said("man"), { level: 9 }));
  put("usr/share/bash-completion/completions/asic-reservoir", said("completion", "bash"));
  put("usr/share/zsh/vendor-completions/_asic-reservoir", said("completion", "zsh"));
  put("usr/share/fish/vendor_completions.d/asic-reservoir.fish", said("completion", "fish"));
}

function putDocs(modules) {
  for (const name of readdirSync(path.join(ROOT, "docs")).filter((file) => file.endsWith(".md")))
    copy(path.join(ROOT, "docs", name), `${DOC}/${name}`);
  copyTree(path.join(ROOT, "examples"), `${DOC}/examples`, (file) => file.endsWith(".yaml"));
  const date = new Date(epoch * 1000).toUTCString().replace("GMT", "+0000");
  const entry = `asic-reservoir (${manifest.version}) unstable; urgency=medium\n\n  * What is new stands in NEWS.gz.\n\n -- ${MAINTAINER}  ${date}\n`;
  put(`${DOC}/changelog.gz`, gzipSync(entry, { level: 9 }));
  put(`${DOC}/NEWS.gz`, gzipSync(readFileSync(path.join(ROOT, "CHANGELOG.md")), { level: 9 }));
  const overrides = [
    "# Node's own build brings its zlib along, as its project releases it.",
    "embedded-library *",
    "hardening-no-pie *",
    "# Commands and copies of libraries within the program's own modules: nobody's outside of it.",
    "script-not-executable [usr/lib/asic-reservoir/node_modules/*",
    "embedded-javascript-library *",
    "# deb-systemd-invoke waits for a start, and a board that is not there is looked for for two minutes.",
    "maintainer-script-calls-systemctl *",
  ];
  const lines = overrides.map((line) => (line.startsWith("#") ? line : `asic-reservoir: ${line}`));
  put("usr/share/lintian/overrides/asic-reservoir", `${lines.join("\n")}\n`);
  const others = modules.map(({ name, version, license }) => `  ${name} ${version}: ${license ?? "see its folder"}`).join("\n");
  put(
    `${DOC}/copyright`,
    `Copyright ${new Date(epoch * 1000).getUTCFullYear()} the authors of asic-reservoir. Licence: ${manifest.license}, on Debian systems in /usr/share/common-licenses/Apache-2.0.\n\n` +
      `It brings Node.js ${process.versions.node} (MIT, with parts under other licences: https://github.com/nodejs/node/blob/v${process.versions.node}/LICENSE)\n` +
      `and, each with its licence in /${PROGRAM}/node_modules:\n${others}\n`,
  );
  const bill = sbom(manifest, modules, process.versions.node, epoch);
  put(`${DOC}/sbom.cdx.json`, `${JSON.stringify(bill, null, 1)}\n`);
}

function putControl() {
  const files = [...filesOf(stage, () => true)].sort();
  const bytes = files.reduce((sum, file) => sum + Math.ceil(statSync(at(file)).size / 1024) * 1024, 0);
  const libc = execFileSync("getconf", ["GNU_LIBC_VERSION"], { encoding: "utf8" }).trim().split(" ")[1];
  const md5 = (file) =>
    createHash("md5")
      .update(readFileSync(at(file)))
      .digest("hex");
  put("DEBIAN/md5sums", files.map((file) => `${md5(file)}  ${file}\n`).join(""));
  const from = path.join(ROOT, "systemd/debian");
  for (const name of ["postinst", "prerm", "postrm"]) copy(path.join(from, name), `DEBIAN/${name}`, 0o755);
  put(
    "DEBIAN/control",
    `Package: asic-reservoir
Version: ${manifest.version}
Architecture: ${arch}
Maintainer: ${MAINTAINER}
Installed-Size: ${Math.ceil(bytes / 1024)}
Depends: libc6 (>= ${libc}), libgcc-s1, libstdc++6 (>= 12), systemd (>= 252)
Recommends: udev
Section: science
Priority: optional
Description: instrument that drives Bitcoin-mining ASICs as physical reservoirs
 Drives mining chips (BM1366, BM1387) as candidate physical reservoirs and
 says, with evidence, what they compute. Brings its own Node.js. The service
 starts when /etc/asic-reservoir/rig.yaml names a board, and not before.
`,
  );
}

/** Folders too; a time of its own would tell when it was built. */
function settle(file) {
  if (lstatSync(file).isDirectory()) {
    for (const name of readdirSync(file)) settle(path.join(file, name));
    chmodSync(file, 0o755);
  }
  lutimesSync(file, epoch, epoch);
}

mkdirSync(stage, { recursive: true });
try {
  const modules = productionModules(ROOT);
  putProgram(modules);
  putSystem();
  putFromProgram();
  putDocs(modules);
  putControl();
  settle(stage);
  const name = `asic-reservoir_${manifest.version}_${arch}.deb`;
  const file = path.join(out, name);
  // One thread: how work is split among several would show in the bytes.
  execFileSync("dpkg-deb", ["--root-owner-group", "--threads-max=1", "-Zxz", "-z1", "--build", stage, file], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(epoch) },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const bill = "asic-reservoir.cdx.json";
  copyFileSync(at(`${DOC}/sbom.cdx.json`), path.join(out, bill));
  const sum = (one) =>
    `${createHash("sha256")
      .update(readFileSync(path.join(out, one)))
      .digest("hex")}  ${one}\n`;
  writeFileSync(path.join(out, "SHA256SUMS"), sum(name) + sum(bill));
  console.log(`${file}: ${(statSync(file).size / 1e6).toFixed(1)} MB, ${modules.length} modules`);
} finally {
  rmSync(stage, { recursive: true, force: true });
}
