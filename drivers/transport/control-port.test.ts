import { afterEach, describe, expect, it, test } from "vitest";
import { DriverError } from "../../common/errors.ts";
import { Bridge } from "./bridge.ts";
import { type ControlPort, linkLost, openControlPort } from "./control-port.ts";
import { Pty, until } from "./testing/pty.test-support.ts";

const open: { end(): Promise<void> }[] = [];
afterEach(async () => {
  while (open.length > 0) await open.pop()?.end();
});

async function connected(): Promise<{ pty: Pty; port: ControlPort }> {
  const pty = await Pty.open();
  const port = await openControlPort(pty.path);
  open.push(pty, { end: () => port.close() });
  return { pty, port };
}

describe("a control port", () => {
  it("carries requests and answers", async () => {
    const { pty, port } = await connected();
    const bridge = new Bridge(port, { generation: "v1" });
    const level = bridge.gpioGet(0);
    await until(() => pty.received === "060000000600");
    await pty.tell("write 0500000001");
    expect(await level).toBe(true);
  });

  it("that is hung up while nothing happens is noticed, although serialport says nothing", async () => {
    const { pty, port } = await connected();
    const bridge = new Bridge(port, { generation: "v1" });
    const lost: Error[] = [];
    bridge.onLost((reason) => lost.push(reason));
    await pty.tell("hang");
    await until(() => lost.length > 0);
    expect(lost).toEqual([expect.objectContaining({ code: "LINK_LOST" })]);
    await expect(bridge.gpioGet(0)).rejects.toMatchObject({ code: "LINK_LOST" });
  });

  it("that is hung up during a request fails that request with the loss, not with a time-out", async () => {
    const { pty, port } = await connected();
    const bridge = new Bridge(port, { generation: "v1", timeoutMs: 20_000 });
    const pending = bridge.gpioGet(0).catch((error: unknown) => (error instanceof DriverError ? error.code : error));
    await until(() => pty.received !== "");
    await pty.tell("hang");
    expect(await pending).toBe("LINK_LOST");
  });

  it("closes more than once", async () => {
    const { port } = await connected();
    await Promise.all([port.close(), port.close()]);
    await port.close();
  });
});

test("a device that was pulled is told in the same words, whoever notices first, with the port at the end", () => {
  const pulled = [
    "EIO: i/o error, write",
    "Error: Input/output error, cannot get baud rate",
    "ENXIO: no such device or address, read",
    "The other end of the port was closed.",
  ];
  expect(pulled.map((message) => linkLost("/dev/x", { message }).message)).toEqual(
    pulled.map(() => "The connection is gone: the device at its other end went away (/dev/x)."),
  );
  expect(linkLost("/dev/x", { message: "something else" }).message).toBe("The connection is gone: something else (/dev/x).");
  expect(linkLost("/dev/x").message).toBe("The connection is gone (/dev/x).");
});
