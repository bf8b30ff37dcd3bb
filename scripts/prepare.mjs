// Sets up everything the two README commands need: system packages, node modules, native code, TypeScript, dashboard.
// Plain JavaScript with no dependency, because it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const EXIT_ENVIRONMENT = 3;

/** Commands the build needs, and the Debian package that brings each. */
export const BUILD_TOOLS = { "g++": "g++", make: "make", python3: "python3" };
/** What the tests need on top: a browser and a broker of another make. */
export const TEST_TOOLS = { ...BUILD_TOOLS, chromium: "chromium", mosquitto: "mosquitto" };

export function fail(message) {
  console.error(message);
  process.exit(EXIT_ENVIRONMENT);
}

/** Runs a command in the project; quiet ones show their output only when they fail. */
export function run(command, args, { quiet = false, env = {}, hint = "" } = {}) {
  const result = spawnSync(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: quiet ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.status === 0) return;
  if (quiet) process.stderr.write(`${result.stdout ?? ""}${result.stderr ?? ""}`);
  fail(`\n${command} ${args.join(" ")} failed (${result.error?.message ?? `exit ${result.status ?? result.signal}`}). ${hint}`.trim());
}

export function step(label, work) {
  const started = process.hrtime.bigint();
  process.stderr.write(`${label} ... `);
  if (process.env.CI || !process.stderr.isTTY) process.stderr.write("\n");
  work();
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  process.stderr.write(process.env.CI || !process.stderr.isTTY ? `${label}: ${seconds.toFixed(1)} s\n` : `${seconds.toFixed(1)} s\n`);
}

function onPath(command) {
  return (process.env.PATH ?? "")
    .split(":")
    .concat("/usr/sbin")
    .some((folder) => existsSync(path.join(folder, command)));
}

function ensureNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    fail(`Node ${process.versions.node} is too old: asic-reservoir needs Node 20.19 or newer.`);
}

function ensureSystemPackages(tools) {
  const missing = Object.entries(tools).filter(([command]) => !onPath(command));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(([, name]) => name))];
  const line = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(" ")}`;
  if (process.getuid?.() !== 0 || !onPath("apt-get")) fail(`Missing: ${packages.join(", ")}. Install with:\n  sudo sh -c '${line}'`);
  step(`Installing ${packages.join(", ")}`, () =>
    run("sh", ["-c", line], { quiet: true, env: { DEBIAN_FRONTEND: "noninteractive" }, hint: "Run it by hand to see why." }),
  );
}

const MODULES_STAMP = path.join(ROOT, "node_modules", ".asic-reservoir-installed");

/** What the stamp says when the modules are those of the lock file, for this Node. */
function wantedModules() {
  return createHash("sha256")
    .update(readFileSync(path.join(ROOT, "package-lock.json")))
    .update(process.versions.modules)
    .digest("hex");
}

function modulesInstalled() {
  return existsSync(MODULES_STAMP) && readFileSync(MODULES_STAMP, "utf8") === wantedModules();
}

function ensureModules() {
  if (modulesInstalled()) return;
  // better-sqlite3 compiles against Node's headers: the ones beside this node, where they exist, save a download.
  const prefix = path.dirname(path.dirname(process.execPath));
  const headers = existsSync(path.join(prefix, "include/node/node_version.h")) ? { npm_config_nodedir: prefix } : {};
  step("Installing node modules (SQLite is compiled: a minute or two)", () =>
    run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
      quiet: true,
      env: headers,
      hint: "Check the connection to the npm registry, then try again.",
    }),
  );
  writeFileSync(MODULES_STAMP, wantedModules());
}

const SOURCES = [
  "common",
  "drivers",
  "twin",
  "reservoir",
  "telemetry",
  "firmware-images",
  "device",
  "Makefile",
  "tsconfig.json",
  "tsconfig.build.json",
  "package-lock.json",
];

function newestMtime(file) {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  let newest = 0;
  for (const entry of readdirSync(file, { withFileTypes: true })) {
    if (entry.name === "node_modules" || entry.name.endsWith(".test.ts")) continue;
    const inner = path.join(file, entry.name);
    newest = Math.max(newest, entry.isDirectory() ? newestMtime(inner) : statSync(inner).mtimeMs);
  }
  return newest;
}

const bin = (name) => path.join(ROOT, "node_modules/.bin", name);

const BUILT_STAMP = path.join(ROOT, "build/built");

function newestSource() {
  return Math.max(...SOURCES.map((source) => newestMtime(path.join(ROOT, source))));
}

function built(newest = newestSource()) {
  return existsSync(BUILT_STAMP) && statSync(BUILT_STAMP).mtimeMs >= newest;
}

function ensureBuilt() {
  const newest = newestSource();
  if (built(newest)) return;
  step("Building native code", () => run("make", ["-s", "-j2", "native"], { quiet: true, hint: "`make native` shows the whole output." }));
  step("Compiling TypeScript", () => run(bin("tsc"), ["-p", "tsconfig.build.json"], { quiet: true }));
  step("Building the dashboard", () => run(bin("vite"), ["build", "telemetry/dashboard", "--logLevel", "warn"], { quiet: true }));
  writeFileSync(BUILT_STAMP, "");
  // A source saved while building must count as newer than this build. A stamp has whole milliseconds, sources have finer ones: rounded
  // down it would be older than the newest source, and every command would build again.
  utimesSync(BUILT_STAMP, new Date(), new Date(Math.ceil(newest)));
}

const LOCK = path.join(ROOT, "build/preparing");

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** 0 when the lock has just gone, or is being written. */
function holderOf(lock) {
  try {
    return Number(readFileSync(lock, "utf8"));
  } catch {
    return 0;
  }
}

/** One at a time: two installations at once would each remove what the other one writes. A lock whose holder is gone does not count. */
export function locked(work, lock = LOCK) {
  mkdirSync(path.dirname(lock), { recursive: true });
  for (let waits = 0; ; waits++) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (error.code !== "EEXIST") fail(`Cannot write ${lock}: ${error.message}`);
      const holder = holderOf(lock);
      if (holder > 0 && !alive(holder)) rmSync(lock, { force: true });
      else if (waits === 0) console.error(`Waiting for process ${holder}, which is setting this checkout up ...`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
  const release = () => rmSync(lock, { force: true });
  process.once("exit", release);
  work();
  process.off("exit", release);
  release();
}

/** Brings the checkout to a state in which the program runs. Does nothing, quickly, when all is there. */
export function prepare(tools = BUILD_TOOLS) {
  ensureNode();
  ensureSystemPackages(tools);
  if (modulesInstalled() && built()) return;
  locked(() => {
    ensureModules();
    ensureBuilt();
  });
}
