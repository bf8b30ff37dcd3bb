/** The program as a user runs it, for tests: a child process of the compiled command line. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFailed } from "vitest";
import { getCurrentTest } from "vitest/suite";
import { stringify } from "yaml";

const MAIN = path.resolve("dist/device/cli/main.js");

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Everything written to standard error so far. */
  said(): string;
  /** Resolves when standard error matches; rejects when the program ends first or after `timeoutMs`. */
  saying(pattern: RegExp, timeoutMs?: number): Promise<RegExpMatchArray>;
}

export function start(args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv; detached?: boolean } = {}): Program {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"], ...options });
  // What a failed test leaves behind would hold ports and files that the next one needs.
  if (getCurrentTest() !== undefined)
    onTestFailed(() => {
      child.kill("SIGKILL");
    });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
  });
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  const finished = new Promise<Finished>((resolve) => child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr })));
  return {
    child,
    finished,
    said: () => stderr,
    saying: (pattern, timeoutMs = 60_000) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = stderr.match(pattern);
          if (match) done(() => resolve(match));
        };
        const done = (then: () => void) => {
          clearTimeout(timer);
          child.stderr?.off("data", look);
          then();
        };
        const timer = setTimeout(() => done(() => reject(new Error(`never said ${pattern}; said:\n${stderr}`))), timeoutMs);
        child.stderr?.on("data", look);
        void finished.then(() => done(() => reject(new Error(`ended before saying ${pattern}; said:\n${stderr}`))));
        look();
      }),
  };
}

export function run(args: readonly string[], options: { cwd?: string } = {}): Promise<Finished> {
  return start(args, options).finished;
}

export interface Ports {
  readonly controlPath: string;
  readonly dataPath: string;
  readonly workScale: number;
}

/** The `board` section for an S9 twin, to be laid over what configFor() writes. */
export const S9_BOARD = { kind: "s9-hashboard", chips: 63 } as const;

export interface Workshop {
  readonly folder: string;
  /** Writes a configuration for a twin's ports and returns its path; `extra` is laid over it, section by section. */
  configFor(ports: Ports, extra?: Record<string, unknown>): string;
  file(name: string): string;
  remove(): void;
}

/** A temporary folder for one test file. */
export function workshop(): Workshop {
  const folder = mkdtempSync(path.join(tmpdir(), "asic-reservoir-"));
  let count = 0;
  return {
    folder,
    file: (name) => path.join(folder, name),
    configFor({ controlPath, dataPath, workScale }, extra = {}) {
      const file = path.join(folder, `rig-${count++}.yaml`);
      const base: Record<string, unknown> = {
        rig: "test",
        origin: "twin",
        board: { kind: "bitaxe-ultra", control: controlPath, data: dataPath, workScale },
        store: { path: "telemetry.db" },
        api: { port: 0 },
        mqtt: { port: 0 },
      };
      for (const [key, value] of Object.entries(extra)) {
        const former = base[key];
        base[key] = typeof value === "object" && value !== null && typeof former === "object" ? { ...former, ...value } : value;
      }
      writeFileSync(file, stringify(base));
      return file;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
