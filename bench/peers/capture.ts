/** The writer and the readers that the capture is measured against, each in a process of its own (capture.cc, capture.py). */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const FOLDER = path.dirname(fileURLToPath(import.meta.url));
const PACKAGE = "python3-serial";
/** Debian's own, which the package serves, comes after what the user's PATH offers. */
const PYTHONS = ["python3", "/usr/bin/python3"];

/** A process that answers in lines. */
export class LineProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(command: string, words: readonly string[]) {
    this.#child = spawn(command, words, { stdio: ["pipe", "pipe", "inherit"] });
    if (this.#child.stdout === null) throw new Error(`${command} has no output`);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("a process of the benchmark ended without an answer; what it wrote stands above");
    return value;
  }

  /** A line of nanoseconds. */
  async times(): Promise<bigint[]> {
    return (await this.line()).trim().split(" ").map(BigInt);
  }

  async end(): Promise<void> {
    this.#child.stdin?.end();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit");
  }
}

/** Compiles capture.cc; `remove` deletes the program again. */
export function compileEnds(): { readonly program: string; remove(): void } {
  const folder = mkdtempSync(path.join(tmpdir(), "capture-bench-"));
  const program = path.join(folder, "capture");
  const built = spawnSync("c++", ["-std=c++17", "-O2", "-o", program, path.join(FOLDER, "capture.cc"), "-lutil"], { stdio: "inherit" });
  if (built.status !== 0) throw new Error("the benchmark's writer and bare reader could not be compiled: a C++ compiler is needed (g++)");
  return { program, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

const imports = (python: string) => spawnSync(python, ["-c", "import serial"], { stdio: "ignore" }).status === 0;

/** A Python with pyserial; installs Debian's package when there is none and this is root; null when there is none after that. */
export function pythonWithSerial(): string | null {
  const found = PYTHONS.find(imports);
  if (found !== undefined) return found;
  const command = `apt-get install -y ${PACKAGE}`;
  if (process.getuid?.() === 0) {
    console.error(`The peer needs pyserial. Running: ${command}`);
    spawnSync("apt-get", ["install", "-y", PACKAGE], { stdio: "ignore" });
  }
  const installed = PYTHONS.find(imports) ?? null;
  if (installed === null) console.error(`pyserial is missing and left out. Run as root: ${command}`);
  return installed;
}

export const PYSERIAL_SCRIPT = path.join(FOLDER, "capture.py");
