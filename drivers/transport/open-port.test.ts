import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { openBridge } from "./bridge.ts";
import { listSerialPorts, openPort } from "./open-port.ts";
import { openSerialLink } from "./serial-link.ts";
import { Pty, until } from "./testing/pty.test-support.ts";

const folder = mkdtempSync(path.join(tmpdir(), "ports-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const open: Pty[] = [];
afterEach(async () => {
  while (open.length > 0) await open.pop()?.end();
});
async function pty(): Promise<Pty> {
  const made = await Pty.open();
  open.push(made);
  return made;
}

/** Runs as a user who may not open everything; root may. */
async function unprivileged<T>(work: () => Promise<T>): Promise<T> {
  const { geteuid, seteuid } = process;
  if (geteuid?.() !== 0 || seteuid === undefined) return work();
  seteuid(65_534);
  try {
    return await work();
  } finally {
    seteuid(0);
  }
}

describe.each([
  ["data", (port: string) => openSerialLink(port, { baud: 115_200 })],
  ["control", (port: string) => openBridge(port)],
] as const)("opening a %s port", (_, openIt) => {
  it("that does not exist says which ports do", async () => {
    const ports = await listSerialPorts();
    const hint = ports.length === 0 ? "No serial port is plugged in" : ports.join(", ");
    await expect(openIt("/dev/ttyNONE0")).rejects.toMatchObject({
      code: "PORT_MISSING",
      hint: expect.stringContaining(hint),
      context: { ports },
    });
  });

  it("that is a plain file, a folder or no terminal is refused as such", async () => {
    const file = path.join(folder, "notes.txt");
    writeFileSync(file, "not a port");
    for (const it of [file, folder, "/dev/null"])
      await expect(openIt(it)).rejects.toMatchObject({ code: "PORT_NOT_SERIAL", message: expect.stringContaining(it) });
  });

  it("that another process holds names that process", async () => {
    const held = await pty();
    await held.tell("lock");
    // A sandbox may keep /proc/locks to itself: then the holder cannot be named.
    const visible = readFileSync("/proc/locks", "utf8").includes(` ${held.pid} `);
    const holder = visible ? `process ${held.pid} (python3` : "another process";
    await expect(openIt(held.path)).rejects.toMatchObject({ code: "PORT_BUSY", message: expect.stringContaining(holder) });
  });

  it("that is ours already is busy too", async () => {
    const held = await pty();
    const link = await openSerialLink(held.path, { baud: 115_200 });
    await expect(openIt(held.path)).rejects.toMatchObject({ code: "PORT_BUSY" });
    await link.close();
  });

  it("that this user may not open says how to be allowed", async () => {
    const { path: port } = await pty();
    chmodSync(port, 0);
    const refused = await unprivileged(() =>
      openIt(port).then(
        () => null,
        (error: unknown) => error,
      ),
    );
    expect(refused).toMatchObject({ code: "PORT_DENIED", hint: expect.stringMatching(/usermod -aG dialout.*udev/) });
  });
});

describe("a port's path", () => {
  it("may be a link to it, as /dev/serial/by-id has them", async () => {
    const { path: target, tell } = await pty().then((made) => ({ path: made.path, tell: made }));
    const link = path.join(folder, "by-id");
    symlinkSync(target, link);
    const port = await openSerialLink(link, { baud: 115_200 });
    await port.write(Uint8Array.of(0x42));
    await until(() => tell.received === "42");
    await port.close();
  });

  it("that stty cannot handle is a warning, not a failure", async () => {
    const { path: port } = await pty();
    const warnings: string[] = [];
    const searched = process.env.PATH;
    process.env.PATH = folder;
    try {
      const opened = await openPort(port, 115_200, (text) => warnings.push(text));
      opened.close();
    } finally {
      process.env.PATH = searched;
    }
    expect(warnings).toEqual([expect.stringContaining("may reset the board")]);
  });
});
