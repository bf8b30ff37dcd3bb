/** Switching off from outside, on ports that fail as they may. That it switches a twin off is tested in test/hil/safety.test.ts. */
import { describe, expect, it } from "vitest";
import { type Clock, hostClock } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";
import { emc2101, fakeBoard, tps546 } from "../../drivers/boards/testing/fake-board.test-support.ts";
import type { ChipLink } from "../../drivers/transport/chip-link.ts";
import { parseConfig } from "../config/load.ts";
import type { Ports } from "../hardware/open.ts";
import { insistOnSwitchOff, lastWord, switchOff } from "./switch-off.ts";
import { takeOff } from "./take-off.ts";

const CONFIG = parseConfig("origin: twin\nboard: { kind: bitaxe-ultra, control: a, data: b }\n", "test");

function failing(error: (attempt: number) => Error) {
  let nowNs = 0n;
  let attempts = 0;
  const clock: Clock = {
    nowNs: () => nowNs,
    wallMs: () => 0,
    async sleep(ms) {
      nowNs += BigInt(Math.round(ms * 1e6));
    },
  };
  const ports: Ports = {
    openControl: async () => {
      throw error(++attempts);
    },
    openLink: async () => {
      throw new Error("not reached");
    },
  };
  const said: string[] = [];
  return {
    parts: { clock, ports, log: (text: string) => void said.push(text) },
    said,
    attempts: () => attempts,
    seconds: () => Number(nowNs) / 1e9,
  };
}

const missing = (path: string) => new DriverError("PORT_MISSING", "There is no such port.", "", { path });
const busy = (pid: number) => new DriverError("PORT_BUSY", "in use", "", { holder: { pid, name: "x" } });

describe("switching off", () => {
  it("goes on to the supply when the reset line does not obey, and still says that it does not", async () => {
    const hardware = fakeBoard([
      [0x24, tps546()],
      [0x4c, emc2101()],
    ]);
    hardware.devices.get(0x24)?.set(0x01, [0x80]);
    hardware.intercept = ({ name }) => (name === "gpioGet" ? { data: [1] } : undefined);
    const link: Partial<ChipLink> = { baud: 115_200, onLost: () => () => {}, close: async () => {} };
    const ports: Ports = { openControl: async () => hardware.port, openLink: async () => link as ChipLink };
    const parts = { clock: hostClock(), ports, log: () => {} };
    await expect(switchOff(CONFIG, parts)).rejects.toMatchObject({ code: "RESET_READBACK" });
    expect(hardware.events.filter((event) => !event.startsWith("sleep"))).toContain("24:01=00");
    expect(hardware.devices.get(0x24)?.get(0x01)).toEqual([0x00]);
  });
});

describe("a guard's insisting", () => {
  it("goes on while a cable may be put back, tells each reason once, and ends with the last", async () => {
    const { parts, said, attempts } = failing((attempt) => missing(attempt < 5 ? "/dev/ttyACM0" : "/dev/ttyACM1"));
    await expect(insistOnSwitchOff(CONFIG, parts, 60_000)).rejects.toMatchObject({ code: "PORT_MISSING" });
    // At 0, 1, .. 60 s.
    expect(attempts()).toBe(61);
    expect(said).toHaveLength(1);
  });

  it("gives a twin's terminal up at once when it is gone: its name may soon be another's", async () => {
    const { parts, attempts } = failing(() => missing("/dev/pts/7"));
    await expect(insistOnSwitchOff(CONFIG, parts, 60_000)).rejects.toMatchObject({ code: "PORT_MISSING" });
    expect(attempts()).toBe(1);
  });
});

describe("`off`", () => {
  const options = { graceMs: 1_000, patienceMs: 3_000 };
  it("ends no program that is not ours, and says who it is", async () => {
    const signals: string[] = [];
    const { parts, attempts } = failing(() => busy(process.pid));
    const signal = (pid: number, name: string) => void signals.push(`${name} ${pid}`);
    await expect(takeOff(CONFIG, parts, { ...options, signal })).rejects.toMatchObject({ code: "PORT_BUSY" });
    expect([signals, attempts()]).toEqual([[], 1]);
  });

  it("tries again for as long as it was told", async () => {
    const { parts, seconds } = failing(() => missing("/dev/ttyACM0"));
    await expect(takeOff(CONFIG, parts, { ...options, signal: () => {} })).rejects.toMatchObject({ code: "PORT_MISSING" });
    expect(seconds()).toBeGreaterThan(2);
    expect(seconds()).toBeLessThanOrEqual(3);
  });
});

describe("the last word on a board that could not be switched off", () => {
  it("is that a person must, unless it was a twin that went with its daemon", () => {
    const gone = missing("/dev/pts/7");
    expect(lastWord({ origin: "twin" }, gone)).toMatchObject({ exitCode: 0, text: expect.stringContaining("nothing to switch off") });
    for (const [origin, error] of [
      ["hardware", gone],
      ["twin", missing("bench/control")],
      ["twin", busy(7)],
    ] as const)
      expect(lastWord({ origin }, error)).toMatchObject({ exitCode: 1, text: expect.stringContaining("by hand, now") });
  });
});
