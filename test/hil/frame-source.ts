/** Numbered response frames on a real pseudo-terminal, from another process and at a steady pace. */
import { type ChildProcess, spawn } from "node:child_process";
import { sealResponse } from "../../drivers/bm1387/testing/responses.ts";

const FRAME_BYTES = 7;

// Frames come in on standard input, back to back; three leave each millisecond, as from an S9 at difficulty 1.
const SOURCE = `
import os, sys, time, tty
master, slave = os.openpty()
tty.setraw(slave)
print(os.ttyname(slave), flush=True)
frames = sys.stdin.buffer.read()
# A pseudo-terminal that nobody reads fills up in the middle of a frame, and a frame with a pause inside is none.
os.read(master, 1)
for at in range(0, len(frames), 3 * ${FRAME_BYTES}):
    piece = frames[at:at + 3 * ${FRAME_BYTES}]
    while piece:
        # A full pseudo-terminal takes a part.
        piece = piece[os.write(master, piece):]
    time.sleep(0.001)
time.sleep(60)
`;

export interface FrameSource {
  readonly port: string;
  stop(): void;
}

/** Frame i carries the number i where a nonce has its own. They begin to flow when the reader has written a byte to the port. */
export async function startFrameSource(count: number): Promise<FrameSource> {
  const child: ChildProcess = spawn("python3", ["-c", SOURCE], { stdio: ["pipe", "pipe", "ignore"] });
  const frames = Array.from({ length: count }, (_, i) => sealResponse([i >>> 24, (i >>> 16) & 0xff, (i >>> 8) & 0xff, i & 0xff, 0, 0], 4));
  child.stdin?.on("error", () => {}).end(Buffer.concat(frames));
  const port = await new Promise<string>((resolve) => child.stdout?.once("data", (line) => resolve(String(line).trim())));
  return { port, stop: () => void child.kill("SIGKILL") };
}
