import { describe, expect, it } from "vitest";
import { openBitaxeUltra } from "./bitaxe-ultra.ts";
import { powerDown, powerUp } from "./power-sequence.ts";
import * as fake from "./testing/fake-board.test-support.ts";

async function setUp() {
  const hardware = fake.fakeBoard([
    [0x48, fake.ds4432u()],
    [0x40, fake.ina260()],
    [0x4c, fake.emc2101()],
  ]);
  const board = openBitaxeUltra({ bridge: hardware.bridge, clock: hardware.clock });
  await board.probe();
  hardware.events.length = 0;
  return { hardware, board };
}

const ON = ["pin 0=0", "4c:4c=3f", "48:f8=c6", "sleep 500", "pin 0=1", "sleep 200"];
/** The reset is asked for twice: by the sequence, and by a coreOff that trusts nobody. */
const OFF = ["pin 0=0", "pin 0=0", "48:f8=fc", "sleep 500"];

describe("power sequence", () => {
  it("on: reset, fan, voltage, 500 ms, out of reset, 200 ms", async () => {
    const { hardware, board } = await setUp();
    expect(await powerUp(board, hardware.clock, { coreVoltageMv: 1200 })).toBe(1199);
    expect(hardware.events).toEqual(ON);
  });

  it("on with the fan speed that is asked for", async () => {
    const { hardware, board } = await setUp();
    await powerUp(board, hardware.clock, { coreVoltageMv: 1200, fanPercent: 50 });
    expect(hardware.events[1]).toBe("4c:4c=1f");
  });

  it("off: reset, core, 500 ms", async () => {
    const { hardware, board } = await setUp();
    expect(await powerDown(board, hardware.clock)).toMatchObject({ supplyOff: false });
    expect(hardware.events).toEqual(OFF);
  });

  it("a step that fails on the way up switches everything off again, and its error is the one that is seen", async () => {
    const { hardware, board } = await setUp();
    await expect(powerUp(board, hardware.clock, { coreVoltageMv: 1500 })).rejects.toMatchObject({ code: "SETPOINT_REFUSED" });
    expect(hardware.events).toEqual([...ON.slice(0, 2), ...OFF]);
  });

  it("no voltage without a fan that obeys", async () => {
    const { hardware, board } = await setUp();
    hardware.intercept = ({ name, values }) => (name === "i2cWriteRead" && values.address === 0x4c ? { data: [7] } : undefined);
    await expect(powerUp(board, hardware.clock, { coreVoltageMv: 1200 })).rejects.toMatchObject({ code: "FAN_READBACK" });
    expect(hardware.events).not.toContain("48:f8=c6");
  });

  it("the core goes off even when the reset does not obey, and the failure is not hidden", async () => {
    const { hardware, board } = await setUp();
    hardware.intercept = ({ name, values }) => (name === "gpioGet" && values.pin === 0 ? { data: [1] } : undefined);
    await expect(powerDown(board, hardware.clock)).rejects.toMatchObject({ code: "RESET_READBACK" });
    expect(hardware.events).toContain("48:f8=fc");
  });
});
