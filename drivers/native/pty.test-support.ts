import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

// The chips' end of a pseudo-terminal, in another process, so that it sends while JavaScript here is blocked. A line of JSON in: what to
// send and the pause after each piece. A line of JSON out: CLOCK_MONOTONIC_RAW before and after each write.
const FAR_END = `
import json, os, sys, time, tty
master, slave = os.openpty()
tty.setraw(slave)
now = lambda: time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
print(os.ttyname(slave), flush=True)
for line in sys.stdin:
    order = json.loads(line)
    sent = []
    for piece in order["pieces"]:
        before = now()
        os.write(master, bytes.fromhex(piece))
        sent.append([str(before), str(now())])
        time.sleep(order["gapMs"] / 1000)
    print(json.dumps(sent), flush=True)
os.close(master)
`;

export interface SendTime {
  readonly beforeNs: bigint;
  readonly afterNs: bigint;
}

/** A real pseudo-terminal: `fd` is the host's end, as an opened serial port would be. */
export class Pty {
  readonly fd: number;
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, path: string) {
    this.child = child;
    this.lines = lines;
    this.fd = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  }

  static async open(): Promise<Pty> {
    // The interpreter has no business under a sanitizer that was preloaded for Node.
    const { LD_PRELOAD: _, ...env } = process.env;
    const child = spawn("python3", ["-c", FAR_END], { env, stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return new Pty(child, lines, await nextLine(lines));
  }

  /** Sends the pieces, with a pause after each; resolves when all are written. They leave even while this thread is blocked. */
  async send(pieces: readonly Uint8Array[], gapMs = 0): Promise<SendTime[]> {
    this.child.stdin?.write(`${JSON.stringify({ pieces: pieces.map((piece) => Buffer.from(piece).toString("hex")), gapMs })}\n`);
    const times = JSON.parse(await nextLine(this.lines)) as [string, string][];
    return times.map(([before, after]) => ({ beforeNs: BigInt(before), afterNs: BigInt(after) }));
  }

  /** Closes the far end, as an unplugged adapter would. The kernel then throws away what was not read yet. */
  async hangUp(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, "exit");
    if (!this.child.killed) this.child.stdin?.end();
    await gone;
  }

  /** As hangUp, but takes place although this thread does not return to its event loop. */
  cut(): void {
    this.child.kill("SIGKILL");
  }

  async close(): Promise<void> {
    await this.hangUp();
    closeSync(this.fd);
  }
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next();
  if (done) throw new Error("the far end of the pseudo-terminal is gone");
  return value;
}

/** Blocks this thread, and with it every callback, until the condition holds. */
export function blockUntil(holds: () => boolean, deadlineMs = 60_000): void {
  const until = performance.now() + deadlineMs;
  while (!holds()) {
    if (performance.now() > until) throw new Error(`not so after ${deadlineMs} ms: ${holds}`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
}

/** How many capture threads this process runs. */
export function captureThreads(): number {
  return readdirSync("/proc/self/task").filter((task) => {
    try {
      return readFileSync(`/proc/self/task/${task}/comm`, "utf8").trim() === "asicr-capture";
    } catch {
      return false; // it ended between the listing and the reading
    }
  }).length;
}
