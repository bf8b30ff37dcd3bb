/** The chips' end of a pseudo-terminal that sends what it is told to, and keeps what it hears. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

// A line of hexadecimal in: bytes to send. "heard" in: everything that came so far, as a line out.
const SCRIPT = `
import os, sys, threading, tty
master, slave = os.openpty()
tty.setraw(slave)
print(os.ttyname(slave), flush=True)
heard = bytearray()
def listen():
    while True:
        try:
            heard.extend(os.read(master, 4096))
        except OSError:
            return
threading.Thread(target=listen, daemon=True).start()
for line in sys.stdin:
    word = line.strip()
    if word == "heard":
        print(heard.hex(), flush=True)
        continue
    piece = bytes.fromhex(word)
    while piece:
        piece = piece[os.write(master, piece):]
    print("sent", flush=True)
`;

export interface FarEnd {
  readonly path: string;
  /** Resolves when the kernel has all of it. */
  send(bytes: Uint8Array): Promise<void>;
  heard(): Promise<Uint8Array>;
  close(): void;
}

export async function openFarEnd(): Promise<FarEnd> {
  const child = spawn("python3", ["-c", SCRIPT], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => String((await lines.next()).value);
  const path = await line();
  const ask = (words: string) => {
    child.stdin.write(`${words}\n`);
    return line();
  };
  return {
    path,
    send: async (bytes) => void (await ask(Buffer.from(bytes).toString("hex"))),
    heard: async () => Buffer.from(await ask("heard"), "hex"),
    close: () => void child.stdin.end(),
  };
}
