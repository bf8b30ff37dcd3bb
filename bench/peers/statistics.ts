/** The statistics' peer: a Python process with numpy and scipy that works on the same series, by files. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";

const SCRIPT = path.join(path.dirname(fileURLToPath(import.meta.url)), "statistics.py");
/** Debian's own first: its sines are the fastest of those that were tried. */
const PYTHONS = [process.env.ASICR_PYTHON, "/usr/bin/python3", "python3"].filter((python) => python !== undefined);

export interface PeerAnswer {
  readonly seconds: number;
  /** Of the same work, processor time of all its threads, seconds. */
  readonly processor: number;
  readonly values: readonly number[];
}

export class StatisticsPeer {
  readonly name: string;
  private readonly child: ChildProcess;
  private readonly lines: Interface;
  private readonly folder: string;

  private constructor(name: string, child: ChildProcess, lines: Interface, folder: string) {
    this.name = name;
    this.child = child;
    this.lines = lines;
    this.folder = folder;
  }

  /** `series` by name, as the script asks for them. One thread. */
  static async start(series: Readonly<Record<string, Float64Array>>): Promise<StatisticsPeer> {
    const python = PYTHONS.find((each) => spawnSync(each, ["-c", "import numpy, scipy.fft, scipy.spatial, scipy.special"]).status === 0);
    if (python === undefined)
      throw new Error("The peer needs numpy and scipy. Run as root: apt-get install -y python3-numpy python3-scipy libopenblas0-pthread");
    const folder = mkdtempSync(path.join(tmpdir(), "statistics-bench-"));
    for (const [name, values] of Object.entries(series)) writeFileSync(path.join(folder, `${name}.f64`), values);
    const child = spawn(python, [SCRIPT, folder], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1" },
    });
    const lines = createInterface({ input: child.stdout });
    const hello = await next(lines, child);
    return new StatisticsPeer((JSON.parse(hello) as { peer: string }).peer, child, lines, folder);
  }

  async ask(verb: string, request: Readonly<Record<string, unknown>> = {}): Promise<PeerAnswer> {
    this.child.stdin?.write(`${JSON.stringify({ verb, ...request })}\n`);
    return JSON.parse(await next(this.lines, this.child)) as PeerAnswer;
  }

  async stop(): Promise<void> {
    this.child.stdin?.end();
    if (this.child.exitCode === null) await once(this.child, "exit");
    rmSync(this.folder, { recursive: true });
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
