import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { startNotices } from "./start-notices.ts";

const folder = mkdtempSync(path.join(tmpdir(), "notify-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const clock = { nowNs: () => 0n };

/** What a service manager hears at an address: Node cannot bind such a socket, so Python does. */
const LISTEN = `
import socket, sys
at = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("\\0" + at[1:] if at[0] == "@" else at)
s.settimeout(30)
print("bound", flush=True)
print(repr(s.recv(4096).decode()), flush=True)
`;

test.each([
  ["a path", path.join(folder, "socket")],
  ["an abstract name", `@asic-reservoir-${process.pid}`],
])(
  "the first passed evaluation is heard at %s",
  async (_, address) => {
    const listener = spawn("python3", ["-c", LISTEN, address], { stdio: ["ignore", "pipe", "inherit"] });
    let heard = "";
    listener.stdout.setEncoding("utf8").on("data", (text: string) => {
      heard += text;
    });
    const ended = new Promise((resolve) => listener.once("close", resolve));
    await expect.poll(() => heard, { timeout: 20_000 }).toContain("bound");
    const troubles: string[] = [];
    startNotices({ NOTIFY_SOCKET: address, WATCHDOG_USEC: "20000000" }, clock, (text) => troubles.push(text))?.passed("running: hashing");
    await ended;
    expect(heard.split("\n")[1]).toBe("'READY=1\\nSTATUS=running: hashing\\nWATCHDOG=1'");
    expect(troubles).toEqual([]);
  },
  40_000,
);

test("a manager that is gone is told of", () => {
  const troubles: string[] = [];
  startNotices({ NOTIFY_SOCKET: path.join(folder, "gone") }, clock, (text) => troubles.push(text))?.passed("running");
  expect(troubles).toHaveLength(1);
});

test("a program that nobody started as a service says nothing to nobody", () => {
  expect(startNotices({}, clock, () => {})).toBeNull();
});
