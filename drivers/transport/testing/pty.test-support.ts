/** A pseudo-terminal held by another process, which does what it is told: the far end of a serial line. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const FAR_END = `
import fcntl, os, select, sys, termios, tty
master, slave = os.openpty()
tty.setraw(slave)
mode = termios.tcgetattr(slave)
mode[2] |= termios.HUPCL  # as a serial port has it
termios.tcsetattr(slave, termios.TCSANOW, mode)
print("name", os.ttyname(slave), flush=True)
reading = True
while True:
    ready, _, _ = select.select([0] + ([master] if reading else []), [], [])
    if master in ready:
        print("got", os.read(master, 4096).hex(), flush=True)
    if 0 in ready:
        words = sys.stdin.readline().split()
        if not words: break
        if words[0] == "write": os.write(master, bytes.fromhex(words[1]))
        if words[0] == "stall": reading = False
        if words[0] == "resume": reading = True
        if words[0] == "lock": fcntl.flock(slave, fcntl.LOCK_EX)
        if words[0] == "hang":
            reading = False
            os.close(slave); os.close(master)
        if words[0] == "line":
            flags, speed = termios.tcgetattr(slave)[2], termios.tcgetattr(slave)[5]
            print("line", int(bool(flags & termios.HUPCL)), int(speed == termios.B1000000), flush=True)
        if words[0] not in ("line",): print("done", words[0], flush=True)
`;

export class Pty {
  readonly path: string;
  readonly pid: number;
  /** What the host has sent so far, hex. */
  received = "";
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiting: ((line: string) => void)[] = [];

  private constructor(process: ChildProcessWithoutNullStreams, path: string) {
    this.#process = process;
    this.path = path;
    this.pid = process.pid ?? 0;
  }

  static async open(): Promise<Pty> {
    const process = spawn("python3", ["-u", "-c", FAR_END]);
    process.stderr.on("data", (text) => console.error(String(text)));
    const lines = createInterface(process.stdout);
    const [first] = (await once(lines, "line")) as [string];
    const pty = new Pty(process, first.split(" ")[1] ?? "");
    lines.on("line", (line) => {
      if (line.startsWith("got ")) pty.received += line.slice(4);
      else pty.#waiting.shift()?.(line);
    });
    return pty;
  }

  /** Tells the far end what to do; resolves with its answer when it is done. */
  tell(command: string): Promise<string> {
    this.#process.stdin.write(`${command}\n`);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    this.#process.stdin.end();
    await once(this.#process, "exit");
  }
}

/** Resolves when `condition` holds; the test's own time-out is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}
