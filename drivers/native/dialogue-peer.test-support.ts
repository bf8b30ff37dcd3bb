import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

// The chips' end of a pseudo-terminal, in another process, so that it answers while JavaScript here is blocked. Jobs come in whole frames of
// one length; the answer to each is looked up by its id (byte 4: specs/bm1366.md 4.1). For each answer it notes how long after its last
// byte the first byte of the next job came, and which job that was.
const FAR_END = `
import json, os, select, sys, time, tty
setup = json.loads(sys.argv[1])
# A wire waits for no scheduler: where it is permitted this end runs before anything ordinary.
try: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(45))
except OSError: pass
answers = {int(k): bytes.fromhex(v) for k, v in setup["answers"].items()}
master, slave = os.openpty()
tty.setraw(slave)
print(os.ttyname(slave), flush=True)
now = lambda: time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
ids, turns, pending, answeredNs = [], [], b"", None
while True:
    ready, _, _ = select.select([0, master], [], [])
    if master in ready:
        cameNs = now()
        pending += os.read(master, 4096)
        if answeredNs is not None:
            turns.append(cameNs - answeredNs)
            answeredNs = None
        while len(pending) >= setup["frameBytes"]:
            job, pending = pending[:setup["frameBytes"]], pending[setup["frameBytes"]:]
            ids.append(job[4])
            if job[4] not in answers: continue
            time.sleep(setup["thinkMs"] / 1000)
            os.write(master, answers[job[4]])
            answeredNs = now()
    if 0 in ready:
        if not os.read(0, 1): break
        print(json.dumps({"ids": ids, "turns": turns}), flush=True)
`;

export interface PeerSetup {
  /** By the id of the job; jobs with other ids are not answered. */
  readonly answers: Readonly<Record<number, Uint8Array>>;
  /** How long it thinks about each. */
  readonly thinkMs: number;
  readonly frameBytes: number;
}

export interface PeerReport {
  /** Of the jobs that came, in order. */
  readonly ids: readonly number[];
  /** From the last byte of an answer to the first byte of the next job, as seen from here, ns. */
  readonly turns: readonly number[];
}

/** A real pseudo-terminal whose far end answers jobs. */
export class DialoguePeer {
  readonly path: string;
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, path: string) {
    this.child = child;
    this.lines = lines;
    this.path = path;
  }

  static async open({ answers, ...rest }: PeerSetup): Promise<DialoguePeer> {
    const hex = Object.fromEntries(Object.entries(answers).map(([id, bytes]) => [id, Buffer.from(bytes).toString("hex")]));
    // The interpreter has no business under a sanitizer that was preloaded for Node.
    const { LD_PRELOAD: _, ...env } = process.env;
    const child = spawn("python3", ["-c", FAR_END, JSON.stringify({ answers: hex, ...rest })], { env, stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return new DialoguePeer(child, lines, (await lines.next()).value as string);
  }

  /** What it has seen so far. */
  async report(): Promise<PeerReport> {
    this.child.stdin?.write("\n");
    return JSON.parse((await this.lines.next()).value as string) as PeerReport;
  }

  /** Closes the far end, as an unplugged adapter would. */
  async hangUp(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, "exit");
    this.child.stdin?.end();
    await gone;
  }
}
