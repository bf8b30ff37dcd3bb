import { describe, expect, it } from "vitest";
import { DriverError } from "../../common/errors.ts";
import { Bridge, type BridgeOptions, connectBridge } from "./bridge.ts";
import type { DecodedRequest } from "./bridge-commands.ts";
import { GENERATIONS, type Generation } from "./bridge-protocol.ts";
import { answerBytes, answeringPort, FakeControlPort, type Reply } from "./testing/fake-control-port.test-support.ts";

/** For requests that are to time out, and for those that are not even on a busy machine. */
const SHORT_MS = 100;
const LONG_MS = 10_000;

/** A firmware with one I2C device that reads back as 10 11 12 13..., a reset pin, an ADC and a fan. */
function firmware(request: DecodedRequest): Exclude<Reply, null> {
  const { values } = request;
  const data = values.data instanceof Uint8Array ? values.data : new Uint8Array();
  switch (request.name) {
    case "i2cSetFrequency":
      return { data: [0xa0, 0x86, 0x01, 0x00] };
    case "i2cWrite":
      return { data: [data.length] };
    case "i2cRead":
    case "i2cWriteRead":
      return { data: Uint8Array.from({ length: Number(values.length) }, (_, i) => 0x10 + i) };
    case "gpioSet":
      return { data: [Number(values.level)] };
    case "gpioGet":
      return { data: [1] };
    case "adcReadVdd":
      return { data: [0x34, 0x0c] };
    case "fanSet":
      return { data: [Number(values.percent)] };
    case "fanTach":
      return { data: [0xb8, 0x0b] };
    default:
      return { code: 0x11 };
  }
}

const bridgeOf = (generation: Generation, reply: (request: DecodedRequest) => Reply, options: BridgeOptions = {}) =>
  new Bridge(answeringPort(generation, reply), { timeoutMs: LONG_MS, generation, ...options });

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "no error",
    (error: unknown) => (error instanceof DriverError ? error.code : `not a DriverError: ${error}`),
  );

describe.each(GENERATIONS)("bridge, generation %s", (generation) => {
  it("is recognised by the answer to the first request", async () => {
    const bridge = await connectBridge(answeringPort(generation, firmware));
    expect(bridge.generation).toBe(generation);
  });

  it("does all it is asked", async () => {
    const bridge = bridgeOf(generation, firmware);
    await bridge.i2cSetFrequency(100_000);
    await bridge.i2cWrite(0x48, Uint8Array.of(0xf8, 0xc6));
    expect(await bridge.i2cRead(0x4c, 1)).toEqual(Uint8Array.of(0x10));
    expect(await bridge.i2cRead(0x4c, 4)).toEqual(Uint8Array.of(0x10, 0x11, 0x12, 0x13));
    expect(await bridge.i2cWriteRead(0x4c, Uint8Array.of(0x46), 2)).toEqual(Uint8Array.of(0x10, 0x11));
    expect(await bridge.gpioSet(0, false)).toBe(false);
    expect(await bridge.gpioGet(0)).toBe(true);
    expect(await bridge.adcReadVdd()).toBe(0x0c34);
    // 16 % echoes as 10, which is also the code of a time-out.
    await bridge.fanSet(16);
    expect(await bridge.fanTach()).toBe(3000);
  });

  it.each([
    [0x10, "i2c", "I2C_NAK"],
    [0x10, "gpio", "BRIDGE_TIMEOUT"],
    [0x11, "gpio", "BRIDGE_INVALID"],
    [0x12, "i2c", "BRIDGE_DENIED"],
    [0x13, "i2c", "BRIDGE_FAULT"],
    [0xff, "gpio", "BRIDGE_FAULT"],
  ])("error %i on %s is %s", async (code, what, expected) => {
    const bridge = bridgeOf(generation, () => ({ code, text: "" }));
    expect(await codeOf(what === "i2c" ? bridge.i2cRead(0x4c, 1) : bridge.gpioGet(0))).toBe(expected);
  });

  it("an error to a four-byte read is known although v0 announces four more bytes", async () => {
    const bridge = bridgeOf(generation, () => ({ code: 0x10 }), { timeoutMs: LONG_MS });
    expect(await codeOf(bridge.i2cRead(0x4c, 4))).toBe("I2C_NAK");
  });

  it("finds its answer behind garbage", async () => {
    const port = new FakeControlPort((request, port) => {
      port.send([0x00, 0xff, 0x05, 0x00]);
      port.send(answerBytes(generation, request.id, firmware(request)));
    });
    const bridge = new Bridge(port, { generation, timeoutMs: LONG_MS });
    expect(await bridge.adcReadVdd()).toBe(0x0c34);
  });

  it("puts together an answer that comes byte by byte", async () => {
    const port = new FakeControlPort((request, port) => {
      const bytes = answerBytes(generation, request.id, firmware(request));
      bytes.forEach((byte, i) => {
        setTimeout(() => port.send([byte]), i);
      });
    });
    const bridge = new Bridge(port, { generation, timeoutMs: LONG_MS });
    expect(await bridge.i2cRead(0x4c, 4)).toEqual(Uint8Array.of(0x10, 0x11, 0x12, 0x13));
    expect(await bridge.adcReadVdd()).toBe(0x0c34);
  });

  it("does not take a late answer for the next one's", async () => {
    const held: Uint8Array[] = [];
    const port = new FakeControlPort((request, port) => {
      const level = request.id === 0 ? 0 : 1;
      const bytes = answerBytes(generation, request.id, { data: [level] });
      if (request.id === 0) held.push(bytes);
      else for (const late of [...held, bytes]) port.send(late);
    });
    const bridge = new Bridge(port, { generation, timeoutMs: 500 });
    expect(await codeOf(bridge.gpioGet(0))).toBe("BRIDGE_TIMEOUT");
    expect(await bridge.gpioGet(0)).toBe(true);
  });
});

describe("bridge", () => {
  it("has one request in flight, in the order of the calls, each in one write with its own id", async () => {
    let open = 0;
    let most = 0;
    const port = new FakeControlPort((request, port) => {
      open++;
      most = Math.max(most, open);
      setTimeout(() => {
        open--;
        port.send(answerBytes("v1", request.id, firmware(request)));
      }, 2);
    });
    const bridge = new Bridge(port, { generation: "v1" });
    await Promise.all([bridge.gpioSet(0, false), bridge.adcReadVdd(), bridge.fanTach()]);
    expect(most).toBe(1);
    expect(port.requests.map(({ id, name }) => [id, name])).toEqual([
      [0, "gpioSet"],
      [1, "adcReadVdd"],
      [2, "fanTach"],
    ]);
    expect(port.written).toHaveLength(3);
  });

  it("never uses the id that means an unparsed request", async () => {
    const port = answeringPort("v1", firmware);
    const bridge = new Bridge(port, { generation: "v1" });
    for (let i = 0; i < 257; i++) await bridge.gpioGet(0);
    const ids = port.requests.map(({ id }) => id);
    expect(ids).not.toContain(0xff);
    expect(ids.slice(253, 257)).toEqual([253, 254, 0, 1]);
  });

  it("goes on after a request that failed", async () => {
    const bridge = bridgeOf("v0", (request) => (request.name === "i2cRead" ? { code: 0x10 } : firmware(request)));
    const failed = codeOf(bridge.i2cRead(0x10, 1));
    expect(await bridge.gpioGet(0)).toBe(true);
    expect(await failed).toBe("I2C_NAK");
  });

  it("reports how the firmware explains a fault", async () => {
    const bridge = bridgeOf("v1", () => ({ code: 0xff, text: "bus stuck low" }));
    await expect(bridge.i2cRead(0x4c, 1)).rejects.toThrow(/bus stuck low/);
  });

  it("reports a write that the device took only in part", async () => {
    const bridge = bridgeOf("v1", () => ({ data: [1] }));
    expect(await codeOf(bridge.i2cWrite(0x48, Uint8Array.of(0xf8, 0xc6)))).toBe("BRIDGE_FAULT");
  });

  it("that never answers is a time-out that points at the port, and the port is closed", async () => {
    const port = answeringPort("v1", () => null);
    const opening = connectBridge(port, { timeoutMs: SHORT_MS });
    await expect(opening).rejects.toMatchObject({ code: "BRIDGE_TIMEOUT", hint: expect.stringContaining("control port") });
    expect(port.closed).toBe(true);
  });

  it("that is unplugged fails what is in flight, what waits and what comes later, and says so once", async () => {
    const port = new FakeControlPort(() => {});
    const bridge = new Bridge(port, { generation: "v1" });
    const heard: Error[] = [];
    bridge.onLost((reason) => heard.push(reason));
    const pending = [codeOf(bridge.gpioGet(0)), codeOf(bridge.fanTach())];
    await new Promise((resolve) => setTimeout(resolve, 5));
    port.unplug(new DriverError("LINK_LOST", "unplugged", ""));
    expect(await Promise.all(pending)).toEqual(["LINK_LOST", "LINK_LOST"]);
    expect(await codeOf(bridge.adcReadVdd())).toBe("LINK_LOST");
    expect(heard).toHaveLength(1);
    expect(port.requests).toHaveLength(1);
  });

  it("that was closed refuses work and was not lost", async () => {
    const bridge = bridgeOf("v1", firmware);
    const heard: Error[] = [];
    bridge.onLost((reason) => heard.push(reason));
    await bridge.close();
    await bridge.close();
    expect(await codeOf(bridge.gpioGet(0))).toBe("LINK_LOST");
    expect(heard).toEqual([]);
  });

  it("logs both directions with bytes and meaning", async () => {
    const lines: string[] = [];
    const bridge = bridgeOf("v1", firmware, { log: (line) => lines.push(line) });
    await bridge.gpioSet(0, true);
    expect(lines).toEqual(["-> 07000000060001 gpioSet pin=0 level=1", "<- 0500000001"]);
  });
});
