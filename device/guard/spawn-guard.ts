import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { DriverError } from "../../common/errors.ts";
import type { Config } from "../config/schema.ts";

/** What a rig tells its guard (device/guard/main.ts). */
export interface Guard {
  /** Starts it, because that takes as long as starting this program did; armed() waits for it. */
  prepare(): void;
  /** The supply is about to come on. Rejects with GUARD_FAILED unless a guard lives that would take over. */
  armed(): Promise<void>;
  /** The board is off, as far as it can be. */
  safe(): void;
  /** It is no longer needed. */
  close(): void;
}

export type StartGuard = (config: Config, log: (text: string) => void) => Guard;

/** To be up with the hardware's drivers loaded, on a slow and busy host. GUESS: ten times what a Raspberry Pi needs. */
const READY_MS = 30_000;

/** As a program, or from source (vitest, tsx). */
function command(): string[] {
  const fromSource = import.meta.url.endsWith(".ts");
  const entry = fileURLToPath(new URL(fromSource ? "./main.ts" : "./main.js", import.meta.url));
  return fromSource ? ["--import", createRequire(import.meta.url).resolve("tsx"), entry] : [entry];
}

/** A process with a session of its own: what kills the daemon's group leaves it alone. Started when the board is first energised, and again when it dies. */
export const spawnGuard: StartGuard = (config, log) => {
  let child: ChildProcess | null = null;
  let starting: Promise<void> | null = null;
  let wanted = false;
  const tell = (word: string) => {
    if (child?.stdin?.writable) child.stdin.write(`${word}\n`);
  };
  const start = async () => {
    const started = spawn(process.execPath, command(), { detached: true, stdio: ["pipe", "pipe", "inherit"] });
    child = started;
    // A guard that is gone is noticed by its exit.
    started.stdin.on("error", () => {});
    started.once("exit", () => {
      if (child !== started) return;
      child = null;
      starting = null;
      if (!wanted) return;
      log("the guard has ended while the board is energised: starting another");
      begun().then(
        () => tell("armed"),
        (error: unknown) => log(String(error)),
      );
    });
    started.stdin.write(`${JSON.stringify(config)}\n`);
    await ready(started);
    started.unref();
    (started.stdin as unknown as { unref?(): void }).unref?.();
    (started.stdout as unknown as { unref?(): void }).unref?.();
  };
  const begun = () => {
    starting ??= start();
    return starting;
  };
  return {
    prepare() {
      // What keeps it from starting is armed()'s to tell.
      begun().catch(() => {});
    },
    async armed() {
      await begun();
      wanted = true;
      tell("armed");
    },
    safe() {
      wanted = false;
      tell("safe");
    },
    close() {
      wanted = false;
      const ending = child;
      child = null;
      starting = null;
      ending?.stdin?.end();
    },
  };
};

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (why: string) => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      const hint = "Without it a daemon that is killed would leave the board on: the board is not energised.";
      reject(new DriverError("GUARD_FAILED", `The guard process did not start: ${why}.`, hint));
    };
    const timer = setTimeout(() => failed(`no word for ${READY_MS / 1000} s`), READY_MS);
    child.once("error", (error) => failed(error.message));
    child.once("exit", (code) => failed(`it ended with ${code}`));
    child.stdout?.once("data", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
