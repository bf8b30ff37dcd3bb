/** The AxeOS driver against the twin, on real sockets, ten times as fast as life. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { hostClock } from "../../common/clock.ts";
import { AxeOsMiner } from "../../drivers/boards/axeos/axeos.ts";
import { monotonicRawNs, verifyHeaders } from "../../drivers/native/index.ts";
import { StratumServer } from "../../drivers/stratum/server.ts";
import { syntheticTemplates } from "../../drivers/stratum/template.ts";
import { type AxeOsTwin, startAxeOsTwin } from "../../twin/network/axeos.ts";
import type { AxeOsFault } from "../../twin/network/axeos-faults.ts";
import { type PathFaults, WIRED } from "../../twin/network/wireless-path.ts";
import { scaledClock } from "./scaled-clock.test-support.ts";

const clock = scaledClock(10);
const PATIENCE = { timeout: 30_000, interval: 20 };
const twins: AxeOsTwin[] = [];
afterEach(async () => {
  for (const twin of twins.splice(0)) await twin.stop();
});

async function minerWith(faults: readonly AxeOsFault[] = [], path: Partial<PathFaults> = {}, timeoutMs = 2000) {
  const twin = await startAxeOsTwin({ clock, listen: { host: "127.0.0.1", port: 0 }, path: { ...WIRED, ...path }, faults });
  twins.push(twin);
  return { twin, miner: new AxeOsMiner({ host: "127.0.0.1", port: twin.port }, { timeoutMs }) };
}
/** Twenty seconds of this host's: where it succeeds, a busy machine must not be what it fails at. */
const PATIENT = { clock, withinMs: 200_000 };
const setPoint = { frequencyMhz: 525, coreVoltageMv: 1250 };
const code = (name: string) => expect.objectContaining({ code: name });

describe("setting an AxeOS miner", () => {
  it("resolves when clock and core voltage are measured to be what was asked for", async () => {
    const { twin, miner } = await minerWith();
    const applied = await miner.apply(setPoint, PATIENT);
    expect(applied.after).toMatchObject({ origin: "twin", frequencyMhz: 525, actualFrequencyMhz: 525 });
    expect(applied.readBack.knobs.map(({ evidence }) => evidence)).toEqual(["measured", "measured"]);
    expect(twin.board.frequencyMhz).toBe(525);
  });

  it("works over a lossy radio that saves power", async () => {
    const { miner } = await minerWith([], { latencyMs: 5, jitterMs: 10, loss: 0.2, batchMs: 102.4 });
    const { readBack } = await miner.apply(setPoint, PATIENT);
    expect(readBack.agrees).toBe(true);
  });

  it.each<[AxeOsFault, string, RegExp]>([
    ["ignore-settings", "AXEOS_READ_BACK", /asked for 525 MHz, set to 485/],
    ["lying-read-back", "AXEOS_READ_BACK", /asked for 1250 mV, set to 1250, measured 11/],
    ["needs-restart", "AXEOS_READ_BACK", /measured 485/],
    ["no-measurement", "AXEOS_READ_BACK", /repeats 525 and measures nothing/],
    ["stale-telemetry", "AXEOS_READ_BACK", /uptime is behind|asked for/],
    ["reboot-on-set", "AXEOS_RESTARTED", /restarted while it was set/],
    ["garbage", "AXEOS_REPLY", /no JSON/],
    ["denied", "AXEOS_DENIED", /private network/],
  ])("is refused with %s", async (fault, name, message) => {
    const { miner } = await minerWith([fault]);
    const applying = miner.apply(setPoint, { clock, withinMs: 15_000 });
    await expect(applying).rejects.toThrow(code(name));
    await expect(applying).rejects.toThrow(message);
  });

  it("is refused when telemetry stops after the setting was seen, so that the read-back is a cache's", async () => {
    const { twin, miner } = await minerWith();
    const applying = miner.apply({ frequencyMhz: 490 }, { clock, withinMs: 15_000 });
    setTimeout(() => twin.board.faults.add("stale-telemetry"), 100);
    await expect(applying).rejects.toThrow(/uptime is behind/);
  });

  it("is refused when it has what was asked for, but all it says is old", async () => {
    const { miner } = await minerWith(["stale-telemetry"]);
    await expect(miner.apply({ frequencyMhz: 485 }, { clock, withinMs: 15_000 })).rejects.toThrow(/uptime is behind/);
  });

  it("reaches a fork by its own keys", async () => {
    const { miner } = await minerWith(["fork-keys"]);
    const { after } = await miner.apply({ ...setPoint, fanPercent: 80 }, PATIENT);
    expect(after).toMatchObject({ coreVoltageMv: 1250, fanPercent: 80 });
  });

  it("with a restart waits for the uptime to begin anew, whatever is lost meanwhile", async () => {
    const { twin, miner } = await minerWith(["needs-restart", "no-measurement"]);
    const { readBack, lost } = await miner.apply(setPoint, { ...PATIENT, restart: true });
    expect(readBack).toMatchObject({ agrees: true, uptime: "restarted" });
    expect(lost).toBeGreaterThan(0);
    expect(twin.board.restarts).toBe(1);
  });

  it("with a restart that does not happen is refused", async () => {
    const { miner } = await minerWith(["no-restart"]);
    await expect(miner.apply(setPoint, { clock, restart: true, withinMs: 15_000 })).rejects.toThrow(/did not restart/);
  });

  it("writes nothing that is outside the limits, whatever the firmware would take", async () => {
    const { twin, miner } = await minerWith();
    await expect(miner.apply({ coreVoltageMv: 1400 }, { clock })).rejects.toThrow(code("SETPOINT_REFUSED"));
    expect((await miner.info()).coreVoltageMv).toBe(1200);
    expect(twin.board.frequencyMhz).toBe(485);
  });
});

describe("listening to an AxeOS miner", () => {
  it("gives whole states from its changes, and ends when asked", async () => {
    const { twin, miner } = await minerWith();
    const stop = new AbortController();
    const seen: number[] = [];
    for await (const state of miner.live({ signal: stop.signal })) {
      expect(state.asicModel).toBe("BM1366");
      seen.push(state.frequencyMhz);
      if (seen.length === 2) twin.board.patch({ frequency: 500 }, clock.nowNs());
      if (state.frequencyMhz === 500) stop.abort();
    }
    expect(seen.at(-1)).toBe(500);
  });

  it.each<[AxeOsFault, string]>([
    ["garbage", "AXEOS_REPLY"],
    ["silent", "AXEOS_SILENT"],
  ])("ends with an error at %s", async (fault, name) => {
    const { miner } = await minerWith([fault]);
    await expect(miner.live({ silenceMs: 200 }).next()).rejects.toThrow(code(name));
  });

  it("ends with an error when the miner restarts, and when ten listen already", async () => {
    const { twin, miner } = await minerWith();
    const listeners = Array.from({ length: 10 }, () => miner.live());
    for (const listener of listeners) await listener.next();
    await expect(miner.live().next()).rejects.toThrow(code("AXEOS_BUSY"));
    twin.board.restart(clock.nowNs());
    await expect(
      (async () => {
        while (!(await listeners[0]?.next())?.done);
      })(),
    ).rejects.toThrow(code("AXEOS_CLOSED"));
    for (const listener of listeners) await listener.return();
  });
});

describe("its Stratum client", () => {
  it("mines at the clock that was set, hangs up when the miner restarts, and comes again", { timeout: 60_000 }, async () => {
    const server = await StratumServer.start(
      {
        listen: { host: "127.0.0.1", port: 0 },
        mode: "pool",
        templates: syntheticTemplates(1),
        difficulty: 2 ** -6,
        sigmaNs: 0,
        workScale: 32,
      },
      { clock: hostClock(monotonicRawNs), verify: verifyHeaders },
    );
    try {
      const pool = { host: "127.0.0.1", port: server.port, workScale: 32, seed: 1 };
      const twin = await startAxeOsTwin({ clock, listen: { host: "127.0.0.1", port: 0 }, path: WIRED, pool });
      twins.push(twin);
      await vi.waitFor(() => expect(twin.board.sharesAccepted).toBeGreaterThan(0), PATIENCE);
      expect(twin.board.sharesRejected).toBe(0);
      twin.board.restart(clock.nowNs());
      await vi.waitFor(() => expect(server.closed["client-left"]).toBe(1), PATIENCE);
      await vi.waitFor(() => expect(server.sessions.map(({ agent }) => agent)).toEqual(["twin-axeos/1"]), PATIENCE);
    } finally {
      await server.stop();
    }
  });
});
