/** The readout's peer: a Python process that computes the same and says how long it took. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";

const SCRIPT = path.join(path.dirname(fileURLToPath(import.meta.url)), "readout.py");
const PACKAGES = ["python3-numpy", "python3-scipy", "libopenblas0-pthread"];
/** Debian's own, which the packages serve, comes after what the user's PATH offers. */
const PYTHONS = [process.env.ASICR_PYTHON ?? "python3", "/usr/bin/python3"];

const imports = (python: string) => spawnSync(python, ["-c", "import numpy, scipy.linalg, scipy.sparse"]).status === 0;

/** A Python with numpy and scipy; installs Debian's packages when there is none and this is root. */
function pythonWithNumpy(): string {
  const found = PYTHONS.find(imports);
  if (found !== undefined) return found;
  const command = `apt-get install -y ${PACKAGES.join(" ")}`;
  if (process.getuid?.() === 0) {
    console.error(`The peer needs numpy and scipy. Running: ${command}`);
    spawnSync("apt-get", ["install", "-y", ...PACKAGES], { stdio: "ignore" });
  }
  const installed = PYTHONS.find(imports);
  if (installed === undefined) throw new Error(`The peer needs numpy and scipy. Run as root: ${command}`);
  return installed;
}

export interface PeerAnswer {
  readonly seconds: number;
  /** The first values of the result, to compare. */
  readonly values: readonly number[];
}

/**
 * reservoirpy where the environment variable ASICR_RESERVOIRPY names the folder that holds it, else numpy with the same definitions
 * (readout.py). ASICR_PYTHON names the interpreter.
 */
export class ReadoutPeer {
  readonly name: string;
  private readonly process: ChildProcess;
  private readonly lines: Interface;

  private constructor(process: ChildProcess, lines: Interface, name: string) {
    this.process = process;
    this.lines = lines;
    this.name = name;
  }

  /** `threads` for its BLAS: as many as ours works with. */
  static async start(threads: number): Promise<ReadoutPeer> {
    const child = spawn(pythonWithNumpy(), [SCRIPT], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, OPENBLAS_NUM_THREADS: `${threads}`, OMP_NUM_THREADS: `${threads}` },
    });
    const lines = createInterface({ input: child.stdout });
    const hello = await next(lines, child);
    return new ReadoutPeer(child, lines, (JSON.parse(hello) as { peer: string }).peer);
  }

  async ask(verb: string, request: Readonly<Record<string, unknown>> = {}): Promise<PeerAnswer> {
    this.process.stdin?.write(`${JSON.stringify({ verb, ...request })}\n`);
    return JSON.parse(await next(this.lines, this.process)) as PeerAnswer;
  }

  async stop(): Promise<void> {
    this.process.stdin?.end();
    if (this.process.exitCode === null) await once(this.process, "exit");
  }
}

async function next(lines: Interface, child: ChildProcess): Promise<string> {
  const ended = new AbortController();
  const gone = once(child, "exit", { signal: ended.signal }).then(() => {
    throw new Error("the peer ended without an answer; what it wrote stands above");
  });
  try {
    return (await Promise.race([once(lines, "line", { signal: ended.signal }), gone]))[0] as string;
  } finally {
    gone.catch(() => {});
    ended.abort();
  }
}

/** The rows that readout.py makes from the same arguments. */
export function rowsOf(count: number, features: number, seed: number): Float64Array {
  return Float64Array.from({ length: count * features }, (_, i) => {
    const first = (i * 0.6180339887498949 + seed / 7) % 1;
    return ((first * 9973 + i * 0.7548776662466927) % 1) - 0.5;
  });
}

/** Throws when two results differ: a comparison of speed between different computations means nothing. */
export function sameValues(what: string, ours: ArrayLike<number>, peers: readonly number[], tolerance: number): void {
  for (const [i, expected] of peers.entries())
    if (!(Math.abs((ours[i] as number) - expected) <= tolerance))
      throw new Error(`${what}: value ${i} is ${ours[i]}, the peer's ${expected}`);
}
