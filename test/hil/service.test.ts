/** A daemon as a service manager has it: a whole program on a twin's pseudo-terminals, and who listens at its socket. */
import { type ChildProcess, spawn } from "node:child_process";
import { afterAll, afterEach, expect, it } from "vitest";
import { startTwin } from "../../twin/index.ts";
import { type Program, start, workshop } from "./program.ts";

const shop = workshop();
let twin: Awaited<ReturnType<typeof startTwin>> | null = null;
let listener: ChildProcess | null = null;
let program: Program | null = null;
afterEach(async () => {
  if (program?.child.exitCode === null) {
    program.child.kill("SIGKILL");
    await program.finished;
  }
  listener?.kill();
  await twin?.stop();
});
afterAll(() => shop.remove());

/** Node cannot bind a datagram socket of the Unix family: Python does. */
const LISTEN = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True: print(repr(s.recv(4096).decode()), flush=True)
`;

async function listening(address: string): Promise<() => string[]> {
  let heard = "";
  listener = spawn("python3", ["-c", LISTEN, address], { stdio: ["ignore", "pipe", "inherit"] });
  listener.stdout?.setEncoding("utf8").on("data", (text: string) => {
    heard += text;
  });
  await expect.poll(() => heard, { timeout: 60_000 }).toContain("bound");
  return () => heard.split("\n").slice(1, -1);
}

it("a daemon is ready when its board has passed, feeds the watchdog while it runs and in a fault that is off, and says that it stops", async () => {
  const heard = await listening(shop.file("notify"));
  twin = await startTwin({});
  const config = shop.configFor(twin, { setPoint: { frequencyMhz: 400 }, api: { port: 0 } });
  const env = { ...process.env, NOTIFY_SOCKET: shop.file("notify"), WATCHDOG_USEC: "4000000" };
  program = start(["run", "--config", config], { env });
  await program.saying(/\[limits-verified\]/);
  await program.saying(/Mining at the set-point/);
  await expect.poll(() => heard().at(-1), { timeout: 60_000 }).toContain("WATCHDOG=1");
  const [first = "", ...more] = heard();
  expect(first).toContain("READY=1\\nSTATUS=");
  expect(more.filter((text) => text.includes("READY=1"))).toEqual([]);
  await expect.poll(() => heard().some((text) => text.includes("STATUS=running")), { timeout: 60_000 }).toBe(true);

  const [, url = ""] = await program.saying(/Dashboard: (\S+)/);
  await fetch(new URL("/api/v1/emergency-off", url), { method: "POST" });
  await program.saying(/\[fault\]/);
  await expect.poll(() => heard().some((text) => text.includes("STATUS=fault")), { timeout: 60_000 }).toBe(true);
  expect(twin.status().frequencyMhz).toBe(0);

  program.child.kill("SIGTERM");
  await program.finished;
  await expect.poll(() => heard().includes("'STOPPING=1'"), { timeout: 60_000 }).toBe(true);
}, 240_000);

it("a daemon whose board is not there is never ready", async () => {
  const heard = await listening(shop.file("notify-2"));
  const gone = { controlPath: "/dev/pts/no-control", dataPath: "/dev/pts/no-data", workScale: 20 };
  const env = { ...process.env, NOTIFY_SOCKET: shop.file("notify-2"), WATCHDOG_USEC: "4000000" };
  program = start(["run", "--config", shop.configFor(gone)], { env });
  await program.saying(/\[fault\]/);
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(heard()).toEqual([]);
  program.child.kill("SIGTERM");
  await program.finished;
}, 240_000);
