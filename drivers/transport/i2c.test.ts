import { describe, expect, it } from "vitest";
import type { Clock } from "../../common/clock.ts";
import { Bridge } from "./bridge.ts";
import { BridgeI2c, scan } from "./i2c.ts";
import { answeringPort, type Reply } from "./testing/fake-control-port.test-support.ts";

function busAnswering(replies: Reply[], timeoutMs = 5000) {
  const port = answeringPort("v1", () => replies.shift() ?? null);
  const slept: number[] = [];
  const clock: Clock = { nowNs: () => 0n, wallMs: () => 0, sleep: async (ms) => void slept.push(ms) };
  return { port, slept, bus: new BridgeI2c(new Bridge(port, { generation: "v1", timeoutMs }), clock) };
}

const NAK = { code: 0x10 };

describe("I2C behind a bridge", () => {
  it("tries again after a missing acknowledge, 10 ms later", async () => {
    const { bus, port, slept } = busAnswering([NAK, NAK, { data: [7] }]);
    expect(await bus.read(0x4c, 1)).toEqual(Uint8Array.of(7));
    expect(port.requests).toHaveLength(3);
    expect(slept).toEqual([10, 10]);
  });

  it("gives up after three tries", async () => {
    const { bus, port } = busAnswering([NAK, NAK, NAK, { data: [7] }]);
    await expect(bus.writeRead(0x4c, Uint8Array.of(0), 1)).rejects.toMatchObject({ code: "I2C_NAK" });
    expect(port.requests).toHaveLength(3);
  });

  it("does not repeat a write whose outcome is unknown", async () => {
    const { bus, port } = busAnswering([], 40);
    await expect(bus.write(0x48, Uint8Array.of(0xf8, 0xc6))).rejects.toMatchObject({ code: "BRIDGE_TIMEOUT" });
    expect(port.requests).toHaveLength(1);
  });

  it("scan lists who answers and passes other failures on", async () => {
    const { bus } = busAnswering([NAK, NAK, NAK, { data: [1] }, { data: [0] }]);
    expect(await scan(bus, [0x24, 0x48, 0x4c])).toEqual([0x48, 0x4c]);
    const broken = busAnswering([{ code: 0xff, text: "bus stuck" }]);
    await expect(scan(broken.bus, [0x24])).rejects.toMatchObject({ code: "BRIDGE_FAULT" });
  });
});
