import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync } from "node:fs";

// The chips' end of a pseudo-terminal, in another process, so that it reads while JavaScript here is blocked. Its name in a line, then
// every byte it receives.
const FAR_END = `
import os, select, sys, tty
master, slave = os.openpty()
tty.setraw(slave)
out = sys.stdout.buffer
out.write(os.ttyname(slave).encode() + b"\\n")
out.flush()
while True:
    ready, _, _ = select.select([0, master], [], [])
    if 0 in ready and not os.read(0, 1): break
    if master in ready:
        data = os.read(master, 65536)
        if sys.argv[1] == "keep":
            out.write(data)
            out.flush()
`;

/** A real pseudo-terminal whose far end reads: `fd` is the host's end, as an opened serial port would be. */
export class JobPty {
  readonly fd: number;
  private readonly child: ChildProcess;
  private readonly chunks: Buffer[] = [];

  private constructor(child: ChildProcess, path: string) {
    this.child = child;
    this.fd = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    child.stdout?.on("data", (chunk: Buffer) => this.chunks.push(chunk));
  }

  /** `keep: false`: what is received is read and dropped there, so that the other end reads however long JavaScript is blocked here. */
  static async open({ keep = true } = {}): Promise<JobPty> {
    // The interpreter has no business under a sanitizer that was preloaded for Node.
    const { LD_PRELOAD: _, ...env } = process.env;
    const child = spawn("python3", ["-c", FAR_END, keep ? "keep" : "drop"], { env, stdio: ["pipe", "pipe", "inherit"] });
    const [name] = (await once(child.stdout, "data")) as [Buffer];
    return new JobPty(child, name.toString().trim());
  }

  /** Everything that came over the line so far. */
  get received(): Buffer {
    const all = Buffer.concat(this.chunks);
    this.chunks.splice(0, this.chunks.length, all);
    return all;
  }

  /** Closes the far end, as an unplugged adapter would. */
  async hangUp(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, "exit");
    this.child.stdin?.end();
    await gone;
  }

  async close(): Promise<void> {
    await this.hangUp();
    closeSync(this.fd);
  }
}
