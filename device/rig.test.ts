/** The rig's guards, on a board that only writes down what is done to it. The whole rig on a twin is tested in test/hil. */
import { describe, expect, it } from "vitest";
import { DriverError } from "../common/errors.ts";
import type { Rig } from "./rig.ts";
import { bench, clock } from "./rig-bench.test-support.ts";

const settled = () => new Promise((resolve) => setTimeout(resolve, 30));

describe("bringing up", () => {
  it("goes through the states of the design, chips in reset first", async () => {
    const { rig, done, states } = bench();
    await rig.open();
    await rig.bringUp();
    expect(states).toEqual(["identified", "limits-verified", "armed", "energised", "running"]);
    expect(done[0]).toBe("reset");
    await rig.shutDown("test");
    expect(states.slice(5)).toEqual(["cooling", "cold"]);
    expect(done.at(-1)).toBe("off");
  });

  it("stopped before its board was found, it stays cold and says why", async () => {
    const { rig, states } = bench();
    await rig.shutDown("stopped by the operator");
    expect(states).toEqual(["cold"]);
    expect(rig.state).toBe("cold");
  });

  it("does not energise a board whose temperature is unknown", async () => {
    const { rig, done } = bench({ read: async () => ({ ...(await bench().control.read()), chipTempC: null, boardTempC: null }) });
    await expect(rig.open()).rejects.toMatchObject({ code: "UNSAFE_TO_ENERGISE" });
    expect(done).toEqual(["reset"]);
  });

  it("a fault while the supply comes up ends the way up before it switches off", async () => {
    const { rig, done, control } = bench({
      powerUp: async (signal, did) => {
        did.push("supply on");
        await clock.sleep(10_000, signal);
        did.push("release");
        return 1200;
      },
    });
    await rig.open();
    const up = rig.bringUp();
    await settled();
    control.lose(new DriverError("LINK_LOST", "Gone.", "Look."));
    await expect(up).rejects.toThrow();
    await rig.shutDown("test");
    expect(done).toEqual(["reset", "supply on", "off"]);
    expect(rig.state).toBe("fault");
  });
});

describe("running", () => {
  async function running(change: Parameters<typeof bench>[0] = {}) {
    const set = bench(change);
    await set.rig.open();
    await set.rig.bringUp();
    return set;
  }

  it("a set-point outside the limits is refused before anything is written", async () => {
    const { rig, done } = await running();
    const before = done.length;
    await expect(rig.apply({ coreVoltageMv: 1301, frequencyMhz: 485, ticketDifficulty: 1 })).rejects.toMatchObject({
      code: "SETPOINT_REFUSED",
    });
    await expect(rig.setCoreVoltage(1099)).rejects.toMatchObject({ code: "SETPOINT_REFUSED" });
    expect(done.length).toBe(before);
    await rig.shutDown("test");
  });

  it("chips with clocks of their own get them, each within the limits; others are refused", async () => {
    const { rig, done } = await running({ chipClocks: true });
    await expect(rig.setChipFrequencies([400, 500])).resolves.toEqual([400, 500]);
    await expect(rig.setChipFrequencies([400, 576])).rejects.toMatchObject({ code: "SETPOINT_REFUSED" });
    expect(done.filter((what) => what.startsWith("clocks"))).toEqual(["clocks 400,500"]);
    await rig.shutDown("test");
    await expect(rig.setChipFrequencies([400, 500])).rejects.toMatchObject({ code: "NOT_RUNNING" });
    const { rig: sharing } = await running();
    await expect(sharing.setChipFrequencies([400])).rejects.toMatchObject({ code: "SETPOINT_REFUSED" });
    await sharing.shutDown("test");
  });

  it("a board whose chips cannot wait for an answer has no dialogue", async () => {
    const { rig } = await running();
    const options = { depth: 1, deadlineMs: 100, onExchange: () => {} };
    expect(() => rig.startDialogue(options)).toThrow(expect.objectContaining({ code: "DIALOGUE_REFUSED" }));
    await rig.shutDown("test");
    expect(() => rig.startDialogue(options)).toThrow(expect.objectContaining({ code: "NOT_RUNNING" }));
  });

  it("going up, voltage comes before frequency; going down, after it", async () => {
    const { rig, done } = await running();
    await rig.apply({ coreVoltageMv: 1250, frequencyMhz: 500, ticketDifficulty: 1 });
    await rig.apply({ coreVoltageMv: 1150, frequencyMhz: 400, ticketDifficulty: 1 });
    expect(done.filter((what) => /core|clock/.test(what))).toEqual(["core 1250", "clock 500", "clock 400", "core 1150"]);
    await rig.shutDown("test");
  });

  it("a hot chip is switched off, once, and nothing can be set afterwards", async () => {
    const { rig, done, states, control } = await running();
    const hot = { ...(await control.read()), chipTempC: 90 };
    control.read = async () => ({ ...hot, atNs: clock.nowNs() });
    await expect.poll(() => states.at(-1)).toBe("fault");
    await settled();
    expect(done.filter((what) => what === "off")).toEqual(["off"]);
    await expect(rig.setCoreVoltage(1200)).rejects.toMatchObject({ code: "NOT_RUNNING" });
    await rig.shutDown("test");
    expect(done.filter((what) => what === "off")).toEqual(["off"]);
  });

  it("when the sentinel stops passing the board, outputs are refused, and its return is a fault", async () => {
    const { rig, done, states, control } = await running();
    const healthy = control.read;
    let release = () => {};
    control.read = () =>
      new Promise((resolve) => {
        release = () => void healthy().then(resolve);
      });
    await new Promise((resolve) => setTimeout(resolve, 5_300));
    await expect(rig.setCoreVoltage(1200)).rejects.toMatchObject({ code: "LEASE_EXPIRED" });
    await expect(rig.apply({ coreVoltageMv: 1200, frequencyMhz: 400, ticketDifficulty: 1 })).rejects.toMatchObject({
      code: "LEASE_EXPIRED",
    });
    release();
    await expect.poll(() => states.at(-1)).toBe("fault");
    await settled();
    expect(done).toContain("off");
    await rig.shutDown("test");
  }, 15_000);

  it("emergency-off resolves when the board is off", async () => {
    const { rig, done } = await running();
    await rig.emergencyOff();
    expect(done.at(-1)).toBe("off");
    expect(rig.state).toBe("fault");
    await rig.shutDown("test");
  });

  it.each([
    ["an emergency-off", (rig: Rig) => void rig.emergencyOff()],
    ["a lost port", (rig: Rig) => rig.fail(new DriverError("LINK_LOST", "gone", ""))],
  ])("%s while chips are off for a restart keeps them off", async (_, strike) => {
    const { rig, done, states } = bench({
      powerDown: async () => {
        if (states.at(-1) === "cooling") strike(rig);
      },
    });
    await rig.open();
    await rig.bringUp();
    await expect(rig.restart("no answer", { coreVoltageMv: 1200, frequencyMhz: 485, ticketDifficulty: 1 })).rejects.toBeDefined();
    await settled();
    expect(done.filter((what) => what === "on")).toHaveLength(1);
    expect(states.at(-1)).toBe("fault");
    await rig.shutDown("test");
  });

  it("a board that cannot be switched off is not said to be cold", async () => {
    const { rig, states } = bench({
      powerDown: async () => {
        throw new DriverError("LINK_LOST", "The port is gone.", "");
      },
      reopen: () => {
        throw new DriverError("PORT_MISSING", "It is not there.", "");
      },
    });
    await rig.open();
    await rig.bringUp();
    await rig.shutDown("test");
    expect(states.at(-1)).toBe("fault");
    expect(rig.faulted.reason).toMatchObject({ code: "STILL_ON" });
  });

  it("a board whose cable was pulled is put in reset and switched off when it is back", async () => {
    let back = false;
    const { rig, done, control } = bench({
      powerDown: async () => {
        if (!back) throw new DriverError("LINK_LOST", "The port is gone.", "");
      },
      reopen: () => {
        back = true;
      },
    });
    await rig.open();
    await rig.bringUp();
    const before = done.length;
    control.lose(new DriverError("LINK_LOST", "The port is gone.", ""));
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(done.slice(before).filter((what) => what !== "no work")).toEqual(["reset", "off"]);
    await rig.shutDown("test");
  });

  const unreachable = (code: string, tries: number) => {
    let opened = 0;
    const refuse = () => {
      if (++opened <= tries) throw new DriverError(code, "It cannot be opened.", "");
    };
    return { ...bench({ open: refuse, reopen: refuse }), opened: () => opened };
  };

  it("a board whose ports cannot be opened may have been left on: it is switched off as soon as they can be", async () => {
    const { rig, done } = unreachable("PORT_OPEN_FAILED", 2);
    await expect(rig.open()).rejects.toMatchObject({ code: "PORT_OPEN_FAILED" });
    rig.fail(new DriverError("PORT_OPEN_FAILED", "It cannot be opened.", ""));
    await rig.shutDown("test");
    expect(done).toEqual([]);
    await expect.poll(() => done).toEqual(["reset", "off"]);
    await rig.end();
  });

  it("so may one that does not obey when its chips are to be put in reset", async () => {
    let obeys = false;
    const { rig, done } = bench({
      reset: () => {
        if (!obeys) throw new DriverError("BRIDGE_SILENT", "It does not answer.", "");
      },
    });
    await expect(rig.open()).rejects.toMatchObject({ code: "BRIDGE_SILENT" });
    rig.fail(new DriverError("BRIDGE_SILENT", "It does not answer.", ""));
    await rig.shutDown("test");
    obeys = true;
    await expect.poll(() => done).toEqual(["reset", "off"]);
    await rig.end();
  });

  it("one that another program has is left to that, and nothing is tried after the end", async () => {
    const busy = unreachable("PORT_BUSY", 9);
    await expect(busy.rig.open()).rejects.toMatchObject({ code: "PORT_BUSY" });
    busy.rig.fail(new DriverError("PORT_BUSY", "Another has it.", ""));
    const ended = unreachable("PORT_MISSING", 1);
    await expect(ended.rig.open()).rejects.toMatchObject({ code: "PORT_MISSING" });
    ended.rig.fail(new DriverError("PORT_MISSING", "It is not there.", ""));
    await ended.rig.end();
    await new Promise((resolve) => setTimeout(resolve, 2_300));
    expect([busy.opened(), ended.opened()]).toEqual([2, 1]);
    expect([...busy.done, ...ended.done]).toEqual([]);
    await busy.rig.end();
  });

  it("chips that stopped answering are switched off and on again, and jobs go on counting", async () => {
    const { rig, done, states } = await running();
    await rig.restart("silent", { coreVoltageMv: 1200, frequencyMhz: 485, ticketDifficulty: 1 });
    expect(states.slice(-4)).toEqual(["cooling", "armed", "energised", "running"]);
    expect(done.filter((what) => ["work", "no work", "off"].includes(what))).toEqual(["work", "no work", "off", "work"]);
    await rig.shutDown("test");
  });
});

describe("limits that become tighter while the board runs", () => {
  it("count for the next set-point", async () => {
    const { rig, done } = bench();
    await rig.open();
    await rig.bringUp();
    rig.setLimits({ maxCoreVoltageMv: 1220 });
    const before = done.length;
    await expect(rig.apply({ coreVoltageMv: 1250, frequencyMhz: 485, ticketDifficulty: 1 })).rejects.toMatchObject({
      code: "SETPOINT_REFUSED",
    });
    expect(done.slice(before).filter((what) => what.startsWith("core"))).toEqual([]);
    await rig.shutDown("test");
  });

  it("count for the sentinel, at once and without a restart", async () => {
    const { rig, done } = bench();
    await rig.open();
    await rig.bringUp();
    const fault = new Promise((resolve) => rig.faulted.addEventListener("abort", resolve, { once: true }));
    rig.setLimits({ maxChipTempC: 45 });
    await fault;
    expect(rig.faulted.reason).toMatchObject({ code: "SENTINEL" });
    await settled();
    expect(done.at(-1)).toBe("off");
    await rig.shutDown("test");
  });

  it.each([
    ["that the present set-point breaks", { maxCoreVoltageMv: 1150 }, "SETPOINT_REFUSED"],
    ["looser than the board's own", { maxCoreVoltageMv: 1400 }, "LIMIT_TOO_LOOSE"],
  ])("%s are refused, and nothing changes", async (_, limits, code) => {
    const { rig } = bench();
    await rig.open();
    await rig.bringUp();
    expect(() => rig.setLimits(limits)).toThrow(expect.objectContaining({ code }));
    await rig.apply({ coreVoltageMv: 1250, frequencyMhz: 485, ticketDifficulty: 1 });
    expect(rig.setPoint?.coreVoltageMv).toBe(1250);
    await rig.shutDown("test");
  });

  it("before the board is opened are those that it is opened with", async () => {
    const { rig } = bench();
    rig.setLimits({ maxFrequencyMhz: 480 });
    await expect(rig.open()).rejects.toMatchObject({ code: "SETPOINT_REFUSED" });
    await rig.shutDown("test");
  });
});
