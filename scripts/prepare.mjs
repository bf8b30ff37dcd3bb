// Sets up everything the two README commands need: system packages, node modules, native code, TypeScript, dashboard.
// Plain JavaScript with no dependency, because it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
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

function ensureModules() {
  const wanted = createHash("sha256")
    .update(readFileSync(path.join(ROOT, "package-lock.json")))
    .update(process.versions.modules)
    .digest("hex");
  const stamp = path.join(ROOT, "node_modules", ".asic-reservoir-installed");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
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
  writeFileSync(stamp, wanted);
}

const SOURCES = [
  "common",
  "drivers",
  "twin",
  "reservoir",
  "telemetry",
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

function ensureBuilt() {
  const stamp = path.join(ROOT, "build/built");
  const newest = Math.max(...SOURCES.map((source) => newestMtime(path.join(ROOT, source))));
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= newest) return;
  mkdirSync(path.dirname(stamp), { recursive: true });
  step("Building native code", () => run("make", ["-s", "-j2", "native"], { quiet: true, hint: "`make native` shows the whole output." }));
  step("Compiling TypeScript", () => run(bin("tsc"), ["-p", "tsconfig.build.json"], { quiet: true }));
  step("Building the dashboard", () => run(bin("vite"), ["build", "telemetry/dashboard", "--logLevel", "warn"], { quiet: true }));
  writeFileSync(stamp, "");
  // A source saved while building must count as newer than this build.
  utimesSync(stamp, new Date(), new Date(newest));
}

/** Brings the checkout to a state in which the program runs. Does nothing, quickly, when all is there. */
export function prepare(tools = BUILD_TOOLS) {
  ensureNode();
  ensureSystemPackages(tools);
  ensureModules();
  ensureBuilt();
}
